/** How a conversation ended. One key each; for anything else a few words. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { useSurroundings } from "./context";
import { Dialog } from "./Dialog";

const DISPOSITIONS = ["solved", "not_solved", "spam"] as const;
const LIMIT = 64;

export function ResolveDialog({ id, onClose }: { id: string; onClose(): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const [other, setOther] = useState(false);
  const [words, setWords] = useState("");
  const resolve = (disposition: string) => {
    onClose();
    void desk.attempt(() => desk.desk.resolve(id, disposition));
  };
  const choose = (key: string) => {
    const disposition = DISPOSITIONS[Number(key) - 1];
    if (disposition) resolve(disposition);
    else if (key === "4") setOther(true);
    return disposition !== undefined || key === "4";
  };
  return (
    <Dialog title={strings.howResolved} onClose={onClose} onKey={choose}>
      <ol class="choices">
        {[...DISPOSITIONS, "other" as const].map((each, at) => (
          <li key={each}>
            <button
              type="button"
              class="choice"
              autofocus={at === 0}
              aria-expanded={each === "other" ? other : undefined}
              onClick={() => choose(String(at + 1))}
            >
              <kbd aria-hidden="true">{at + 1}</kbd>
              {strings[each]}
            </button>
          </li>
        ))}
      </ol>
      {other && (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            resolve(words.trim() || "other");
          }}
        >
          <label>
            {strings.otherText}
            <input
              ref={(field) => field?.focus()}
              maxLength={LIMIT}
              dir="auto"
              value={words}
              onInput={({ currentTarget }) => setWords(currentTarget.value)}
            />
          </label>
          <button type="submit" class="button primary">
            {strings.resolve}
          </button>
        </form>
      )}
    </Dialog>
  );
}
