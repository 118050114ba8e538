/** Which message another one answers: whose, and how it begins. Leads there. */

import type { ComponentChild, TargetedMouseEvent } from "preact";
import type { Message } from "@switchboard/client";
import { useSurroundings } from "./context";
import { plainText } from "./markdown/lexer";
import { pure } from "./pure";

/** In characters; the style cuts to what there is room for. */
const FIRST_WORDS = 120;

export function rowId(messageId: string): string {
  return `message-${messageId}`;
}

export const Quote = pure(({ message, mine }: { message: Message; mine: boolean }) => {
  const { strings } = useSurroundings().language;
  const name = mine ? strings.you : message.author.name;
  return (
    <button type="button" class="quote" onClick={jump}>
      <span class="unseen">{strings.inReplyTo(name)} </span>
      <bdi class="name" aria-hidden="true">
        {name}
      </bdi>
      <bdi class="words">{firstWords(message, mine, strings.picture)}</bdi>
    </button>
  );

  function jump({ currentTarget }: TargetedMouseEvent<HTMLElement>): void {
    const row = (currentTarget.getRootNode() as ShadowRoot).getElementById(rowId(message.messageId));
    if (!row) return;
    row.scrollIntoView({ block: "center" });
    row.tabIndex = -1; // For as long as it has the focus: a click in a message is none.
    row.addEventListener("blur", () => row.removeAttribute("tabindex"), { once: true });
    row.focus({ preventScroll: true });
  }
});

/** What visitors wrote themselves they see as they wrote it, all else as Markdown. */
function firstWords({ text, image }: Message, mine: boolean, picture: string): ComponentChild {
  const start = Array.from(text.slice(0, 8 * FIRST_WORDS)).slice(0, 2 * FIRST_WORDS).join("");
  const words = mine ? start : plainText(start);
  return words.trim() === "" && image !== undefined ? picture : Array.from(words).slice(0, FIRST_WORDS).join("");
}
