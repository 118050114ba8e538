/** A small conversation, as its log and as the frames that the tests feed. */

import type { Entry, Frame, Participant, Snapshot } from "../src/types.ts";

export const ADA: Participant = { id: "guest_1", role: "customer", name: "Ada" };
export const BOT: Participant = { id: "bot_main", role: "bot", name: "Bot" };

type Loose = { type: Entry["type"] } & Record<string, unknown>;

/** Numbers the entries from offset 1 on, as a log does. */
export function log(...entries: Loose[]): Entry[] {
  return entries.map((entry, at) => ({ epoch: "e", offset: at + 1, timestamp: 1_000 + at, ...entry }) as unknown as Entry);
}

export const TRACKED = log(
  { type: "conversation.started", conversationId: "c_1", owner: "bot:main" },
  { type: "participant.joined", participant: BOT },
  { type: "message.sent", messageId: "m1", author: ADA, text: "1001", buttons: [], clientMessageId: "x1" },
  { type: "turn.started", turnId: "t1", messageId: "m1" },
  { type: "message.started", messageId: "m2", author: BOT, turnId: "t1" },
  { type: "message.delta", messageId: "m2", delta: "Two " },
  { type: "task.started", taskId: "k1", name: "track_order", title: "Tracking", turnId: "t1" },
  { type: "task.progressed", taskId: "k1", done: 1, total: 2, note: "SwiftPost" },
  { type: "message.delta", messageId: "m2", delta: "parcels" },
  { type: "task.completed", taskId: "k1" },
  { type: "message.completed", messageId: "m2", author: BOT, text: "Two parcels.", buttons: [{ title: "Thanks", payload: "/thanks" }], turnId: "t1" },
  { type: "turn.completed", turnId: "t1" },
);

export const FRESH: Snapshot = {
  type: "snapshot",
  epoch: "e",
  offset: 0,
  conversationId: "c_1",
  participants: [],
  host: null,
  muted: [],
  owner: "bot:main",
  term: 1,
  handoff: null,
  title: null,
  closed: false,
  messages: [],
  tasks: [],
  turn: null,
  slots: {},
  read: {},
};

export const connected = (offset: number, recovered: boolean): Frame => ({
  type: "connected",
  epoch: "e",
  offset,
  recovered,
  pingInterval: 15_000,
  retry: 1_000,
});
