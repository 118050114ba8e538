/** Asks before the conversation is given up. It is only once the others know of it: they must not wait for us. */

import type { ComponentChild } from "preact";
import type { View } from "@switchboard/client";
import { useAttempt, whyOf } from "./attempt";
import { useSurroundings } from "./context";
import { unlessOwned } from "./HandoffBanner";
import { isGroup, unsentOf } from "./people";
import { Question } from "./Question";
import type { Strings } from "./strings";

export interface StartOverProps {
  view: View;
  onYes(): void;
  onNo(): void;
}

export function StartOver({ view, onYes, onNo }: StartOverProps): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const { failure, attempt } = useAttempt();
  const why = whyOf(failure, strings);
  const waiting = view.chat.handoff?.status === "pending";
  const group = isGroup(view.chat);
  const leave = async () => {
    if (waiting) await client.stopWaiting().catch(unlessOwned);
    if (group || isGroup(client.view.chat)) await client.group.leave();
  };
  const yes = () => {
    if (!group && !waiting) return onYes();
    // Another conversation may have been joined meanwhile: that one goes on.
    attempt(leave, () => (!group || client.view.ended !== null) && onYes());
  };
  return (
    <Question
      question={strings.startOverQuestion}
      warning={warningOf(view, strings)}
      yes={strings.startOverYes}
      no={strings.startOverNo}
      failure={why && `${strings.stillIn} ${why}`}
      onYes={yes}
      onNo={onNo}
    />
  );
}

/** What it costs. */
function warningOf(view: View, strings: Strings): string {
  const unsent = unsentOf(view);
  const warning = isGroup(view.chat) ? strings.leaveWarning : strings.startOverWarning;
  return unsent > 0 ? `${warning} ${strings.unsent(unsent)}` : warning;
}
