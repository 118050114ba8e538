/** Why nothing can be written to the customer now, and what can be done about it. */

import type { ComponentChild } from "preact";
import type { ConversationView } from "../conversation";
import { takesText } from "../keys";
import type { Hindrance } from "../ownership";
import { useSurroundings } from "./context";
import type { Pen } from "./pen";

interface Props {
  open: ConversationView;
  hindrance: Hindrance;
  kept: string;
  pen: Pen;
}

/** `kept`: a reply that was begun; it is still there, and waits. */
export function HinderedBar({ open, hindrance, kept, pen }: Props): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { holder } = open;
  const words: Record<Hindrance, string> = {
    catching_up: strings.catchingUp,
    closed: strings.closedNow,
    bot: strings.botHasIt,
    queue: strings.queueHasIt(holder.kind === "queue" ? holder.team : ""),
    other: strings.otherHasIt((holder.kind === "other" && desk.operator(holder.id)?.name) || strings.somebody),
  };
  const claim = () => {
    const write = pen.replyAfter(() => takesText(document.activeElement));
    void desk.claim(open.id).then((taken) => taken && write());
  };
  const offered = hindrance === "bot" ? strings.stepIn : hindrance === "queue" ? strings.claim : null;
  return (
    <div class="hindered" role="status">
      <p>
        {words[hindrance]}
        {kept && <span class="kept">{kept}</span>}
      </p>
      {offered !== null && (
        <button type="button" class="button primary" title={`${offered} (C)`} onClick={claim}>
          {offered}
        </button>
      )}
    </div>
  );
}
