/** Where the visitor writes. Enter sends, Shift+Enter begins a new line. While the bot answers, it can be stopped here. */

import type { ComponentChild, RefObject, TargetedInputEvent, TargetedKeyboardEvent } from "preact";
import { useSurroundings } from "./context";
import { SendIcon, StopIcon } from "./icons";

/** The server's limit, in characters (not in UTF-16 units). */
const LIMIT = 4_000;
const COUNTER_FROM = 3_600;

interface Props {
  field: RefObject<HTMLTextAreaElement>;
  /** The bot is answering. */
  answering: boolean;
  /** Several people read it, and the bot answers what is addressed to it. */
  group: boolean;
  /** Kept by who shows the field, which goes away while nothing can be said. */
  draft: string;
  onDraft(draft: string): void;
}

export function Composer({ field, answering, group, draft, onDraft }: Props): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const label = group ? strings.composerGroup : strings.composer;
  const left = LIMIT - Array.from(draft).length;
  const ready = draft.trim() !== "" && left >= 0;

  const send = () => {
    if (!ready) return;
    client.send(draft.trim());
    onDraft("");
    field.current?.focus();
  };
  const stop = () => {
    void client.stop();
    field.current?.focus(); // The button goes away with the turn, which would drop the focus to the page.
  };
  const onInput = ({ currentTarget }: TargetedInputEvent<HTMLTextAreaElement>) => {
    onDraft(currentTarget.value);
    client.type(currentTarget.value.trim() !== "");
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="field" data-draft={`${draft}\n`}>
        <textarea
          ref={field}
          rows={1}
          value={draft}
          dir={draft === "" ? undefined : "auto"} // The placeholder is in the widget's own language.
          placeholder={label}
          aria-label={label}
          aria-invalid={left < 0}
          aria-describedby="counter"
          enterkeyhint="send"
          onInput={onInput}
          onKeyDown={onKeyDown}
        />
      </div>
      {answering && draft === "" ? (
        <button key="stop" type="button" class="send" aria-label={strings.stop} onClick={stop}>
          <StopIcon />
        </button>
      ) : (
        <button key="send" type="submit" class="send" disabled={!ready} aria-label={strings.send}>
          <SendIcon />
        </button>
      )}
      <p id="counter" class={left < 0 ? "counter over" : "counter"}>
        {left <= LIMIT - COUNTER_FROM && (left < 0 ? strings.tooLong(-left) : strings.left(left))}
      </p>
    </form>
  );
}
