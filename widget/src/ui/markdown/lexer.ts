/** Markdown as blocks, for text that still grows. */

import { Lexer, type Token, type Tokens } from "marked";

const OPTIONS = { gfm: true, breaks: true };

/** Blocks of a whole text. */
export function lex(text: string): Token[] {
  return new Lexer(OPTIONS).lex(text);
}

/**
 * Blocks of a text that is appended to. A block is final once another one has begun after it, and is not looked at
 * again, so a long answer costs no more per frame than its last block.
 */
export class GrowingText {
  #text = "";
  #final: Token[] = [];
  #tailAt = 0;

  /** The same token objects as last time for the blocks that are final. */
  update(text: string): readonly Token[] {
    if (!text.startsWith(this.#text)) {
      this.#final = [];
      this.#tailAt = 0;
    }
    this.#text = text;
    const tail = lex(text.slice(this.#tailAt));
    const last = tail.findLastIndex((token) => token.type !== "space");
    let kept = 0;
    for (const token of tail.slice(0, Math.max(0, last))) {
      // The lexer normalises some characters; what it did not take literally stays in the tail.
      if (!text.startsWith(token.raw, this.#tailAt)) break;
      this.#final.push(token);
      this.#tailAt += token.raw.length;
      kept += 1;
    }
    return [...this.#final, ...tail.slice(kept)];
  }
}

/** What a screen reader says: the words, without the marks. */
export function plainText(text: string): string {
  return lex(text).map(wordsOf).join("").replace(/\s+/g, " ").trim();
}

function wordsOf(token: Token): string {
  switch (token.type) {
    case "list":
      return (token.items as Token[]).map(wordsOf).join(" ");
    case "table":
      return ([token.header, ...token.rows] as { tokens: Token[] }[][])
        .map((row) => row.map((cell) => cell.tokens.map(wordsOf).join("")).join(", "))
        .join(". ");
    case "space":
    case "br":
    case "hr":
      return " ";
    default: {
      const { tokens, text, type } = token as Tokens.Generic;
      const inner: string = tokens?.map(wordsOf).join("") ?? text ?? "";
      return type === "paragraph" || type === "heading" || type === "list_item" ? `${inner} ` : inner;
    }
  }
}
