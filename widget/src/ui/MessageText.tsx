/** What a bot or a person of the shop wrote, as Markdown. */

import type { ComponentChild } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { GrowingText, lex } from "./markdown/lexer";
import { Blocks } from "./markdown/render";

export function MessageText({ text, growing }: { text: string; growing: boolean }): ComponentChild {
  const grown = useRef<GrowingText>(null);
  const tokens = useMemo(() => {
    if (!growing) return lex(text);
    grown.current ??= new GrowingText();
    return grown.current.update(text);
  }, [text, growing]);
  return (
    <div class="text">
      <Blocks tokens={tokens} />
    </div>
  );
}
