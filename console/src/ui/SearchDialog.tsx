/** Any conversation, by what was said in it: also those that the bot has, to look on or to step in. */

import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useSurroundings } from "./context";
import { Dialog } from "./Dialog";
import { PastList } from "./PastList";
import { useCall } from "./useCall";

/** Whoever types faster than this is not asking yet. */
const PAUSE_MS = 250;
const LONGEST = 100;

export function SearchDialog({ onClose }: { onClose(): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words]);
  const { value, state, again } = useCall(asked, (about) => desk.desk.search(about));
  const show = (conversationId: string) => {
    onClose();
    desk.show(conversationId);
  };
  return (
    <Dialog title={strings.search} onClose={onClose}>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (words.trim() === asked) again(); // The list is some seconds behind.
          else setAsked(words.trim());
        }}
      >
        <input
          type="search"
          autofocus
          maxLength={LONGEST}
          dir="auto"
          aria-label={strings.searchFor}
          placeholder={strings.searchFor}
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
      </form>
      {state === "failed" && <p class="empty">{strings.unavailable}</p>}
      {state === "there" && value?.conversations.length === 0 && <p class="empty">{strings.foundNothing}</p>}
      <PastList items={value?.conversations ?? []} onShow={show} />
    </Dialog>
  );
}
