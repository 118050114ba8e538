/** A change of hand, as a line between what was said. */

import type { ComponentChild } from "preact";
import type { Mark } from "../marks";
import { worded, type Strings } from "../strings";
import { clock } from "../time";
import { useSurroundings } from "./context";

export function MarkLine({ mark }: { mark: Mark }): ComponentChild {
  const { desk, language } = useSurroundings();
  const nameOf = (id: string | undefined) => desk.operator(id)?.name ?? language.strings.somebody;
  return (
    <p class="row mark">
      <span>{wordsOf(mark, language.strings, nameOf)}</span>{" "}
      <time dateTime={new Date(mark.timestamp).toISOString()}>{clock(mark.timestamp, language.locale)}</time>
    </p>
  );
}

function wordsOf(mark: Mark, strings: Strings, nameOf: (id: string | undefined) => string): string {
  switch (mark.type) {
    case "handoff.requested":
      return strings.requested(worded(strings.reasons, mark.reason), mark.team);
    case "handoff.assigned":
      return strings.assigned(nameOf(mark.participantId));
    case "handoff.requeued":
      return strings.requeued(worded(strings.requeues, mark.reason), mark.team);
    case "handoff.rated":
      return strings.rated(mark.rating, mark.comment ?? "");
    case "handoff.ended": {
      const outcome = worded(strings.outcomes, mark.outcome);
      return mark.disposition ? `${outcome}: ${dispositionOf(mark.disposition, strings)}` : outcome;
    }
  }
}

/** Ours in words; anything else is what somebody wrote. */
function dispositionOf(disposition: string, strings: Strings): string {
  const { solved, not_solved, spam, other } = strings;
  const ours: Record<string, string> = { solved, not_solved, spam, other };
  return Object.hasOwn(ours, disposition) ? (ours[disposition] as string) : disposition;
}
