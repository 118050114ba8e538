/** The conversation that is open: what can be done with it, what was said, and where to write. */

import type { ComponentChild } from "preact";
import type { ConsoleView } from "../console";
import type { ConversationView } from "../conversation";
import { Actions } from "./Actions";
import { Composer } from "./Composer";
import { useSurroundings } from "./context";
import type { DialogName } from "./DeskPage";
import { BackIcon, PersonIcon } from "./icons";
import type { Pen } from "./pen";
import { TranscriptList } from "./TranscriptList";

interface Props {
  view: ConsoleView;
  pen: Pen;
  ask(dialog: DialogName): void;
  card: boolean;
  onCard(): void;
}

export function ConversationPane({ view, pen, ask, card, onCard }: Props): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { open } = view;
  if (!open || open.missing) {
    return (
      <main class="conversation nothing">
        <p>{open ? strings.missing : strings.choose}</p>
      </main>
    );
  }
  return (
    <main class="conversation">
      <div class="conversation-head">
        <button type="button" class="icon-button narrow-only" aria-label={strings.back} onClick={() => desk.show(null)}>
          <BackIcon />
        </button>
        <div class="conversation-title">
          <h2>
            <bdi>{customersOf(open) || open.id}</bdi>
          </h2>
          <Company open={open} />
        </div>
        <Actions view={view} open={open} ask={ask} pen={pen} />
        <button
          type="button"
          class="icon-button card-button"
          aria-label={strings.card}
          aria-expanded={card}
          aria-controls="card"
          title={`${strings.card} (I)`}
          onClick={onCard}
        >
          <PersonIcon />
        </button>
      </div>
      <TranscriptList key={open.id} open={open} />
      <Composer key={open.id} open={open} pen={pen} ask={ask} />
    </main>
  );
}

/** Who else is behind this conversation at the moment. */
function Company({ open }: { open: ConversationView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const namesOf = (ids: readonly string[]) => ids.map((id) => desk.operator(id)?.name ?? strings.somebody).join(", ");
  if (open.noteWriters.length > 0) return <p class="company">{strings.writesNote(namesOf(open.noteWriters))}</p>;
  const watchers = open.watchers.filter((id) => open.holder.kind !== "other" || id !== open.holder.id);
  return watchers.length > 0 && <p class="company">{strings.looksOn(namesOf(watchers))}</p>;
}

/** Everybody's name for whom it is. */
export function customersOf({ chat }: ConversationView): string {
  const customers = chat.participants.filter(({ role }) => role === "customer");
  return customers.map(({ name }) => name).join(", ");
}
