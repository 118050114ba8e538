/**
 * What a handoff looks like on the wire. By hand, until `docs/protocol.schema.json` says it: then these come from
 * `wire.ts` by the same names, and this file and its traces in `types.ts` go.
 */

import type { Connected, Disconnect, Ping, Status } from "./wire.ts";
import type { Entry as OtherEntry, Ephemeral as OtherEphemeral, Snapshot as OtherSnapshot } from "./wire.ts";

interface Placed {
  epoch: string;
  offset: number;
  timestamp: number;
}

/** As a snapshot shows it. */
export interface Handoff {
  handoffId: string;
  status: "pending" | "assigned";
  /** `asked`, `unsure`, `task_failed`, `upset`, `rule`, `stepped_in`, or a short code of a bot's rule. */
  reason: string;
  team: string;
  since: number;
}

export interface HandoffRequested extends Placed {
  type: "handoff.requested";
  handoffId: string;
  reason: string;
  team: string;
  /** Absent: the bot. */
  by?: string;
}

export interface HandoffAssigned extends Placed {
  type: "handoff.assigned";
  handoffId: string;
  participantId: string;
}

export interface HandoffRequeued extends Placed {
  type: "handoff.requeued";
  handoffId: string;
  reason: "operator_gone" | "released" | "transferred";
  team: string;
}

export type HandoffOutcome = "resolved" | "returned" | "expired" | "cancelled" | "rejected" | "failed";

export interface HandoffEnded extends Placed {
  type: "handoff.ended";
  handoffId: string;
  outcome: HandoffOutcome;
  participantId?: string;
  disposition?: string;
}

/** Told in passing: the place in the queue, 1 is next, of so many who wait. */
export interface HandoffQueued {
  type: "handoff.queued";
  timestamp: number;
  position: number;
  waiting: number;
  estimateSeconds?: number;
  spreadSeconds?: number;
}

/** Both may be left out: `asked`, and the team that the bot's rules name. */
export interface NewHandoff {
  reason?: "asked";
  team?: string;
}

export interface HandoffAsked {
  handoffId: string;
  owner: string;
  term: number;
  /** False: nobody is there at the moment. The conversation waits all the same. */
  available?: boolean;
}

export interface Owned {
  owner: string;
  term: number;
}

export type HandoffEntry = HandoffRequested | HandoffAssigned | HandoffRequeued | HandoffEnded;
export type Entry = OtherEntry | HandoffEntry;
export type Ephemeral = OtherEphemeral | HandoffQueued;

/** A server of before handoffs leaves both out. */
export interface Snapshot extends OtherSnapshot {
  term?: number;
  handoff?: Handoff | null;
}

export type Control = Connected | Snapshot | Ping | Status | Disconnect;
export type Frame = Control | Entry | Ephemeral;
