/** What an operator can do with the conversation as a whole; it depends on who has it. */

import type { ComponentChild } from "preact";
import type { ConsoleView } from "../console";
import type { ConversationView } from "../conversation";
import { takesText } from "../keys";
import { useSurroundings } from "./context";
import type { DialogName } from "./DeskPage";
import type { Pen } from "./pen";

interface Props {
  view: ConsoleView;
  open: ConversationView;
  pen: Pen;
  ask(dialog: DialogName): void;
}

export function Actions({ view, open, pen, ask }: Props): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { id, holder } = open;
  const release = (to: "bot" | "queue") => () => void desk.attempt(() => desk.desk.release(id, to));
  const claim = () => {
    const write = pen.replyAfter(() => takesText(document.activeElement));
    void desk.claim(id).then((taken) => taken && write());
  };
  switch (holder.kind) {
    case "mine":
      return (
        <div class="actions">
          <Do label={strings.toQueue} shown="Q" onDo={release("queue")} />
          <Do label={strings.toBot} shown="B" onDo={release("bot")} />
          <Do label={strings.transfer} shown="T" onDo={() => ask("transfer")} />
          <Do label={strings.resolve} shown="E" primary onDo={() => ask("resolve")} />
        </div>
      );
    case "queue":
    case "bot":
      return (
        <div class="actions">
          <Do
            label={holder.kind === "bot" ? strings.stepIn : strings.claim}
            shown="C"
            primary
            disabled={open.chat.closed}
            onDo={claim}
          />
        </div>
      );
    case "other":
      return view.supervisor ? (
        <div class="actions">
          <Do label={strings.takeOver} onDo={() => void desk.attempt(() => desk.desk.transfer(id, view.me?.id ?? ""))} />
        </div>
      ) : null;
    case "unknown":
      return null;
  }
}

interface DoProps {
  label: string;
  shown?: string;
  primary?: boolean;
  disabled?: boolean;
  onDo(): void;
}

function Do({ label, shown, primary = false, disabled = false, onDo }: DoProps): ComponentChild {
  return (
    <button
      type="button"
      class={`button ${primary ? "primary" : "quiet"}`}
      title={shown && `${label} (${shown})`}
      disabled={disabled}
      onClick={onDo}
    >
      {label}
    </button>
  );
}
