/** Markdown tokens to elements. Nothing becomes HTML by itself: tags in the text are shown as text. */

import type { Token, Tokens } from "marked";
import { Fragment, h, type ComponentChild, type ComponentChildren } from "preact";
import { pure } from "../pure";

const SAFE_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

/** The address if it is absolute and harmless, else null (`javascript:`, `data:`, relative to the host's page …). */
export function safeUrl(href: string): string | null {
  try {
    return SAFE_PROTOCOLS.has(new URL(href).protocol) ? href : null;
  } catch {
    return null;
  }
}

export const Block = pure(({ token }: { token: Token }) => block(token));

export function Blocks({ tokens }: { tokens: readonly Token[] }): ComponentChild {
  return tokens.map((token, at) => <Block key={at} token={token} />);
}

function blocks(tokens: readonly Token[] | undefined): ComponentChildren {
  return tokens?.map(block);
}

function inlines(tokens: readonly Token[] | undefined): ComponentChildren {
  return tokens?.map(inline);
}

function block(token: Token): ComponentChild {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return h(`h${Math.min(6, token.depth + 2)}`, null, inlines(token.tokens));
    case "code":
      return <Pre text={token.text} />;
    case "blockquote":
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case "list":
      return list(token as Tokens.List);
    case "table":
      return table(token as Tokens.Table);
    case "hr":
      return <hr />;
    case "text":
      return <Fragment>{token.tokens ? inlines(token.tokens) : token.text}</Fragment>;
    case "paragraph":
      return <p>{inlines(token.tokens)}</p>;
    case "html":
      return <p>{token.raw}</p>;
    default:
      return inline(token);
  }
}

/** Scrolls sideways, so it can be focused: else the keyboard could not reach its end. */
function Pre({ text }: { text: string }): ComponentChild {
  return (
    <pre tabIndex={0}>
      <code>{text}</code>
    </pre>
  );
}

function list(token: Tokens.List): ComponentChild {
  const items = token.items.map((item) => <li>{blocks(item.tokens)}</li>);
  return token.ordered ? <ol start={token.start || 1}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table): ComponentChild {
  const head = token.header.map((cell) => <th scope="col">{inlines(cell.tokens)}</th>);
  const rows = token.rows.map((row) => <tr>{row.map((cell) => <td>{inlines(cell.tokens)}</td>)}</tr>);
  return (
    <div class="table" tabIndex={0}>
      <table>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}

function inline(token: Token): ComponentChild {
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token.tokens)}</strong>;
    case "em":
      return <em>{inlines(token.tokens)}</em>;
    case "del":
      return <del>{inlines(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "link":
      return link(token.href, inlines(token.tokens));
    case "image":
      return link(token.href, token.text || token.href);
    default:
      return anyInline(token as Tokens.Generic);
  }
}

/** Plain text, escapes, tags, and whatever a later version of the lexer adds. */
function anyInline({ tokens, text, raw }: Tokens.Generic): ComponentChild {
  return tokens ? <Fragment>{inlines(tokens)}</Fragment> : ((text as string | undefined) ?? raw);
}

function link(href: string, label: ComponentChildren): ComponentChild {
  const url = safeUrl(href);
  if (url === null) return <Fragment>{label}</Fragment>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow">
      {label}
    </a>
  );
}
