/** Where the visitor stands on the way to a person and back, and how it is said. */

import type { QueuePlace, View } from "@switchboard/client";
import { namesOf } from "./people";
import type { Strings } from "./strings";

/**
 * `place` is what may change while nothing else does; "" where the server has told none. `toRate` is the handoff that the
 * visitor is asked about, by `text`; null where there is nothing to ask.
 */
export type Stage =
  | { kind: "waiting"; id: string; text: string; place: string; position: number }
  | { kind: "here"; id: string; text: string }
  | { kind: "back"; id: string; text: string; toRate: string | null };

/** Null where it is the bot's conversation as ever, or the visitor takes no part in it. */
export function stageOf(view: View, strings: Strings): Stage | null {
  const { handoff, handedBack } = view.chat;
  if (view.ended !== null || view.chat.closed) return null;
  if (handoff?.status === "pending") return waitingIn(view, handoff.handoffId, strings);
  if (handoff) {
    const name = nameOf(view, handoff.participantId);
    const text = name === undefined ? strings.somebodyIsHere : strings.isHere(name);
    return { kind: "here", id: `${handoff.handoffId} ${handoff.participantId}`, text };
  }
  if (handedBack === null) return null;
  return backIn(view, handedBack, strings);
}

function backIn(view: View, outcome: string, strings: Strings): Stage {
  const { toRate } = view.chat;
  if (toRate !== null && mayRate(view)) {
    const name = nameOf(view, toRate.participantId);
    const text = name === undefined ? strings.howWasTeam : strings.howWas(name);
    return { kind: "back", id: outcome, text, toRate: toRate.handoffId };
  }
  const wanted = outcome === "resolved" || outcome === "returned" || outcome === "cancelled";
  return { kind: "back", id: outcome, text: strings[wanted ? "backWithBot" : "nobodyCame"], toRate: null };
}

/** As the server decides: customers, and who may only read may not. */
function mayRate({ chat, me }: View): boolean {
  return chat.participants.some(({ id, role }) => id === me && role === "customer" && !chat.muted.includes(id));
}

/** Whether a person has the conversation: then the bot is silent, whatever it was at. */
export function isHeld({ chat }: View): boolean {
  return chat.handoff?.status === "assigned" || chat.owner?.startsWith("operator:") === true;
}

function waitingIn(view: View, handoffId: string, strings: Strings): Stage {
  const { letGo, queue } = view.chat;
  const name = letGo && letGo.reason !== "transferred" ? nameOf(view, letGo.participantId) : undefined;
  const text = name === undefined ? strings.waitingForPerson : strings.hadToGo(name);
  const place = queue === null ? "" : placeIn(queue, strings);
  return { kind: "waiting", id: `${handoffId} ${letGo?.participantId}`, text, place, position: queue?.position ?? 0 };
}

function placeIn(queue: QueuePlace, strings: Strings): string {
  const { position, waiting, estimateSeconds, spreadSeconds = 0 } = queue;
  const place = strings.place(position, waiting);
  if (estimateSeconds === undefined) return place;
  // The spread is the span of half of those who have waited, around the middle.
  const minutes = (side: 1 | -1) => Math.max(0, Math.round((estimateSeconds + (side * spreadSeconds) / 2) / 60));
  const to = Math.max(1, minutes(1));
  return `${place} · ${strings.usually(Math.min(to, minutes(-1)), to)}`;
}

function nameOf({ chat }: View, id: string | undefined): string | undefined {
  return id === undefined ? undefined : namesOf(chat).get(id);
}
