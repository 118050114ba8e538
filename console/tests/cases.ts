/** Cases, operators and views for tests; each says only what it is about. */

import { EMPTY, type ChatState, type Message } from "@switchboard/client";
import type { ConversationView } from "../src/conversation";
import type { Case, Operator } from "../src/types";

export const ME = "user_maya";

export function aCase(about: Partial<Case> & { conversationId: string }): Case {
  return {
    handoffId: `h_${about.conversationId}`,
    status: "pending",
    team: "support",
    priority: 0,
    reason: "asked",
    since: 0,
    term: 1,
    owner: "queue:support",
    context: {},
    customers: [],
    ...about,
  };
}

export function anOperator(about: Partial<Operator> & { participantId: string }): Operator {
  return { name: about.participantId, status: "online", teams: ["support"], capacity: 4, holds: 0, ...about };
}

export const ada = { id: "guest_ada", role: "customer" as const, name: "Ada" };
export const bot = { id: "main", role: "bot" as const, name: "Assistant" };
export const maya = { id: ME, role: "operator" as const, name: "Maya" };

export function aMessage(offset: number, about: Partial<Message> = {}): Message {
  return {
    messageId: `m${offset}`,
    author: ada,
    text: `message ${offset}`,
    buttons: [],
    status: "sent",
    timestamp: offset * 1_000,
    offset,
    ...about,
  };
}

export function aView(chat: Partial<ChatState>, about: Partial<ConversationView> = {}): ConversationView {
  return {
    id: "c_1",
    chat: { ...EMPTY, participants: [ada, bot, maya], ...chat },
    earlier: [],
    history: { more: false, loading: false, failed: false },
    notes: [],
    marks: [],
    outgoing: [],
    typing: [],
    present: [],
    watchers: [],
    noteWriters: [],
    link: "open",
    holder: { kind: "mine" },
    hindrance: null,
    missing: false,
    ...about,
  };
}
