/** The wire's types that are for operators only. */

import type { NoteAdded, Timestamp } from "@switchboard/client";

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
  /** What the bot hands over; a bot of one's own may say anything here. */
  context?: { form?: string; askedFor?: string | null; slots?: Record<string, unknown>; intents?: string[] };
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

export type Note = Omit<NoteAdded, "type" | "epoch" | "offset">;

/** What the bot made of one message. `heard` is false for what was said while a person had the conversation. */
export interface Explained {
  messageId: string | null;
  text: string;
  heard: boolean;
  intents: { name: string; confidence?: number | null }[];
  entities: { entity: string; value: unknown }[];
  steps: ({ action: string; policy?: string; confidence?: number } | { slot: string; value: unknown } | { form: string | null })[];
  said: string[];
}

/** What the bot made of the last messages, and where it stands. */
export interface Explanation {
  turns: Explained[];
  slots: Record<string, unknown>;
  form: string | null;
  askedFor: string | null;
}

export interface Block {
  participantId?: string;
  address?: string;
  reason: string;
  by: string;
  at: Timestamp;
  until?: Timestamp;
}
