/** Whether a conversation waits for a person, or has one: what each of its entries changes. */

import type { Handoff, HandoffAssigned, HandoffEnded, HandoffQueued, HandoffRated, HandoffRequested } from "./types.ts";
import type { HandoffRequeued, Message, Snapshot } from "./types.ts";

type HandoffEntry = HandoffRequested | HandoffAssigned | HandoffRequeued | HandoffEnded | HandoffRated;

/** The place in the queue, 1 is next. */
export type QueuePlace = Omit<HandoffQueued, "type" | "timestamp">;

export interface HandoffState {
  /** Waiting for a person, or with one: then `participantId` says with whom. Null: with the bot. */
  handoff: Handoff | null;
  /** Where it waits, as far as the server has told; it is told again to every new connection. */
  queue: QueuePlace | null;
  /** Who had it and has it no more, and why, while it waits again. */
  letGo: { participantId: string; reason: HandoffRequeued["reason"] } | null;
  /** How it came back to the bot, until a customer says something. */
  handedBack: HandoffEnded["outcome"] | null;
  /** What people have settled before our eyes, and who had it last, until a customer rates it or says something. */
  toRate: { handoffId: string; participantId: string } | null;
}

export const WITH_BOT: HandoffState = { handoff: null, queue: null, letGo: null, handedBack: null, toRate: null };

const OPERATOR = "operator:";

/** The participant who holds the conversation; null where no person does. */
export function holderOf(owner: string | null): string | null {
  return owner?.startsWith(OPERATOR) ? owner.slice(OPERATOR.length) : null;
}

/** The place may have been told before the snapshot came. A server of before handoffs says nothing of any. */
export function handoffOf(snapshot: Snapshot, queue: QueuePlace | null): HandoffState {
  const handoff = snapshot.handoff ?? null;
  return { ...WITH_BOT, handoff, queue: handoff?.status === "pending" ? queue : null };
}

/** What an entry about a handoff changes; one about another than the present handoff changes nothing. */
export function handedOff(state: HandoffState, entry: HandoffEntry): Partial<HandoffState> {
  const { handoffId } = entry;
  if (entry.type === "handoff.requested") {
    const { reason, team, timestamp: since } = entry;
    return { ...WITH_BOT, handoff: { handoffId, status: "pending", reason, team, since }, queue: state.queue };
  }
  if (entry.type === "handoff.rated") return state.toRate?.handoffId === handoffId ? { toRate: null } : {};
  const { handoff } = state;
  if (handoff?.handoffId !== handoffId) return {};
  switch (entry.type) {
    case "handoff.assigned": {
      const { participantId } = entry;
      return { handoff: { ...handoff, status: "assigned", participantId }, queue: null, letGo: null };
    }
    case "handoff.requeued": {
      const { participantId, ...waiting } = handoff;
      const letGo = participantId === undefined ? state.letGo : { participantId, reason: entry.reason };
      return { handoff: { ...waiting, status: "pending", team: entry.team }, letGo };
    }
    case "handoff.ended":
      return { ...WITH_BOT, handedBack: entry.outcome, toRate: rateable(handoff, entry) };
  }
}

function rateable({ handoffId, participantId }: Handoff, { outcome }: HandoffEnded): HandoffState["toRate"] {
  return outcome === "resolved" && participantId !== undefined ? { handoffId, participantId } : null;
}

/** What a message changes: a customer who goes on has left behind how it came back to the bot. */
export function wentOn({ author }: Message): Partial<HandoffState> {
  return author.role === "customer" ? { handedBack: null, toRate: null } : {};
}

/** Told in passing. Late ones are of a wait that is over. */
export function queued({ handoff }: HandoffState, told: HandoffQueued): Partial<HandoffState> {
  const { type: _, timestamp: __, ...queue } = told;
  return handoff?.status === "assigned" ? {} : { queue };
}
