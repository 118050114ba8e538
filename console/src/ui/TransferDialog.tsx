/** Whom the conversation is handed to. The first nine have a key each. */

import type { ComponentChild } from "preact";
import type { ConsoleView } from "../console";
import { colleagues } from "../queue";
import { useSurroundings } from "./context";
import { Dialog } from "./Dialog";

export function TransferDialog({ id, view, onClose }: { id: string; view: ConsoleView; onClose(): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const list = colleagues(view.desk, view.me?.id ?? "");
  const give = (at: number) => {
    const to = list[at];
    if (!to) return false;
    onClose();
    void desk.attempt(() => desk.desk.transfer(id, to.participantId));
    return true;
  };
  return (
    <Dialog title={strings.whom} onClose={onClose} onKey={(key) => /^[1-9]$/.test(key) && give(Number(key) - 1)}>
      {list.length === 0 && <p class="empty">{strings.nobodyThere}</p>}
      <ol class="choices">
        {list.map(({ participantId, name, status, holds, capacity }, at) => (
          <li key={participantId}>
            <button type="button" class={`choice ${status}`} autofocus={at === 0} onClick={() => give(at)}>
              <kbd aria-hidden="true">{at < 9 ? at + 1 : " "}</kbd>
              <span class="dot" aria-hidden="true" />
              <bdi>{name}</bdi>
              <span class="choice-about">
                {strings[status]} · {strings.holds(holds, capacity)}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
