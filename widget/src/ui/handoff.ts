/** Where the visitor stands on the way to a person and back, and how it is said. */

import type { QueuePlace, View } from "@switchboard/client";
import { namesOf } from "./people";
import type { Strings } from "./strings";

/** `place` is what may change while nothing else does; "" where the server has told none. */
export type Stage =
  | { kind: "waiting"; id: string; text: string; place: string; position: number }
  | { kind: "here" | "back"; id: string; text: string };

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
  const wanted = handedBack === "resolved" || handedBack === "returned" || handedBack === "cancelled";
  return { kind: "back", id: handedBack, text: strings[wanted ? "backWithBot" : "nobodyCame"] };
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
