/** The wire's types that are for operators only. */

import type { Epoch, Offset, Participant, Timestamp } from "@switchboard/client";

export type Status = "online" | "busy" | "away";

export interface Operator {
  participantId: string;
  name: string;
  status: Status | "offline";
  teams: string[];
  capacity: number;
  holds: number;
}

/** A conversation that waits for a person, or has one. */
export interface Case {
  conversationId: string;
  handoffId: string;
  status: "pending" | "assigned";
  team: string;
  priority: number;
  reason: string;
  since: Timestamp;
  term: number;
  owner: string;
  /** In its queue, from 1. */
  position?: number;
  /** Who has it. */
  participantId?: string;
  customers: { id: string; name: string }[];
}

export interface DeskState {
  operators: Operator[];
  conversations: Case[];
}

export interface DeskFrame extends DeskState {
  type: "desk";
}

/** The answer to whatever changes who has a conversation. */
export interface Held {
  owner: string;
  term: number;
  handoffId?: string;
}

export interface Note {
  noteId: string;
  author: Pick<Participant, "id" | "name">;
  text: string;
  timestamp: Timestamp;
}

export interface NoteAdded extends Note {
  type: "note.added";
  epoch: Epoch;
  offset: Offset;
}

export interface Block {
  participantId?: string;
  address?: string;
  reason: string;
  by: string;
  at: Timestamp;
  until?: Timestamp;
}

/** What the log says of who has a conversation. */
export type HandoffEntry = { epoch: Epoch; offset: Offset; timestamp: Timestamp } & (
  | { type: "handoff.requested"; handoffId: string; reason: string; team: string; by?: string }
  | { type: "handoff.assigned"; handoffId: string; participantId: string }
  | { type: "handoff.requeued"; handoffId: string; reason: string; team: string }
  | { type: "handoff.ended"; handoffId: string; outcome: string; participantId?: string; disposition?: string }
);
