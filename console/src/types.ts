/** The wire's types under the names that the console has for them, and the few that the wire leaves open. */

import type { Desk, DeskConversation, DeskOperator, NoteAdded, Timestamp, Why } from "@switchboard/client";

/** What an operator may say of themselves here; who is offline has left. */
export type Status = Exclude<DeskOperator["status"], "offline">;
export type Operator = DeskOperator;
/** A conversation that waits for a person, or has one. */
export type Case = DeskConversation;
export type DeskState = Desk;

export interface DeskFrame extends DeskState {
  type: "desk";
}

export type Note = Omit<NoteAdded, "type" | "epoch" | "offset">;

/** What our bots hand over; another one may say anything there. */
export interface Context {
  form?: unknown;
  askedFor?: unknown;
  slots?: unknown;
  intents?: unknown;
}

export type Explanation = Why;

export interface Block {
  participantId?: string;
  address?: string;
  reason: string;
  by: string;
  at: Timestamp;
  until?: Timestamp;
}
