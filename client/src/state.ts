/**
 * A conversation as its log tells it. `apply` is pure: replaying the log gives the same state as living through it,
 * and so does starting from a snapshot.
 */

import { handedOff, handoffOf, queued, wentOn, WITH_BOT, type HandoffState } from "./handoff.ts";
import type { Entry, Ephemeral, Frame, Message, Participant, Ping, Position, Snapshot, Task } from "./types.ts";

export interface ChatState extends HandoffState {
  /** Of the last entry applied; null before the first snapshot. */
  position: Position | null;
  participants: readonly Participant[];
  /** Who may invite others, and mute and remove customers. */
  host: string | null;
  /** Ids of participants who may only read. */
  muted: readonly string[];
  /** `bot:<id>`, `queue:<team>` or `operator:<participantId>`. */
  owner: string | null;
  /** Of the ownership, which each change of owner raises. */
  term: number | null;
  title: string | null;
  /** It takes no more messages of people. */
  closed: boolean;
  messages: readonly Message[];
  tasks: readonly Task[];
  /** Ids of running tasks that somebody has asked to end. */
  cancelling: readonly string[];
  /** The turn that is under way. */
  turn: string | null;
  /** The turn that somebody has asked to stop, for as long as it is under way. */
  stopping: string | null;
  /** What the bot shares of its slots. */
  slots: Readonly<Record<string, unknown>>;
  /** How far each participant has read, by their id. */
  read: Readonly<Record<string, number>>;
}

export interface Applied {
  state: ChatState;
  /** Something between our position and this frame is missing: reconnect from `state.position`. */
  gap: boolean;
}

export const EMPTY: ChatState = {
  position: null,
  participants: [],
  host: null,
  muted: [],
  owner: null,
  term: null,
  ...WITH_BOT,
  title: null,
  closed: false,
  messages: [],
  tasks: [],
  cancelling: [],
  turn: null,
  stopping: null,
  slots: {},
  read: {},
};

const MESSAGE_FIELDS = [
  "messageId",
  "author",
  "text",
  "buttons",
  "timestamp",
  "offset",
  "payload",
  "clientMessageId",
  "turnId",
  "image",
  "custom",
  "stopped",
  "replyTo",
] as const;
const TASK_FIELDS = ["taskId", "name", "title", "turnId", "effects", "timestamp"] as const;

/** One frame later. Entries already seen change nothing; an entry after a gap is not applied. */
export function apply(state: ChatState, frame: Frame): Applied {
  switch (frame.type) {
    case "connected":
    case "disconnect":
    case "status":
      return { state, gap: false };
    case "ping":
      return { state, gap: isAhead(state.position, frame) };
    case "snapshot":
      return { state: fromSnapshot(frame, state.queue), gap: false };
    case "handoff.queued":
      return { state: { ...state, ...queued(state, frame) }, gap: false };
    default:
      return applyEntry(state, frame);
  }
}

function isAhead(position: Position | null, frame: Ping): boolean {
  return position === null || position.epoch !== frame.epoch || frame.offset > position.offset;
}

function fromSnapshot(frame: Snapshot, queue: ChatState["queue"]): ChatState {
  return {
    position: { epoch: frame.epoch, offset: frame.offset },
    participants: frame.participants,
    host: frame.host,
    muted: frame.muted,
    owner: frame.owner,
    term: frame.term ?? null,
    ...handoffOf(frame, queue),
    title: frame.title,
    closed: frame.closed,
    messages: frame.messages,
    tasks: frame.tasks,
    cancelling: [],
    turn: frame.turn,
    stopping: null,
    slots: frame.slots,
    read: frame.read,
  };
}

function applyEntry(state: ChatState, entry: Entry | Ephemeral): Applied {
  const { position } = state;
  if (!("offset" in entry)) return { state, gap: false };
  if (position === null || position.epoch !== entry.epoch) return { state, gap: true };
  if (entry.offset <= position.offset) return { state, gap: false };
  // A merged delta that begins before our position cannot be cut: resumed from there, it will begin there.
  if (firstOf(entry) !== position.offset + 1) return { state, gap: true };
  const next = { ...state, ...change(state, entry) };
  return { state: { ...next, position: { epoch: entry.epoch, offset: entry.offset } }, gap: false };
}

/** The offset of the first entry that it stands for. */
function firstOf(entry: Entry): number {
  return entry.type === "message.delta" ? (entry.first ?? entry.offset) : entry.offset;
}

/** What one entry changes. Types that we do not know change nothing. */
function change(state: ChatState, entry: Entry): Partial<ChatState> {
  switch (entry.type) {
    case "conversation.started":
      return { owner: entry.owner };
    case "owner.changed":
      return { owner: entry.owner, term: entry.term };
    case "handoff.requested":
    case "handoff.assigned":
    case "handoff.requeued":
    case "handoff.ended":
    case "handoff.rated":
      return handedOff(state, entry);
    case "conversation.renamed":
      return { title: entry.title };
    case "conversation.closed":
      return { closed: true };
    case "participant.joined":
      return welcomed(state, entry.participant);
    case "participant.identified":
      return identified(state, entry.formerly, entry.participant);
    case "participant.left":
      return left(state, entry.participantId, entry.host ?? null);
    case "participant.muted":
      return { muted: marked(state.muted, entry.participantId, entry.muted) };
    case "message.sent":
      return said(state, messageOf(entry, "sent"));
    case "message.started":
      return { messages: placed(state, messageOf({ ...entry, text: "", buttons: [] }, "streaming")) };
    case "message.delta":
      return { messages: editMessage(state, entry.messageId, (old) => ({ ...old, text: old.text + entry.delta })) };
    case "message.completed":
      return { messages: placed(state, messageOf(entry, "completed")) };
    case "message.read":
      return { read: readBy(state.read, entry.participantId, entry.upTo) };
    case "turn.started":
      return { turn: entry.turnId };
    case "turn.stopping":
      return { stopping: entry.turnId };
    case "turn.completed":
    case "turn.failed":
      return endOfTurn(state, entry.turnId);
    case "task.started":
      return { tasks: [...state.tasks, { ...pick(entry, TASK_FIELDS), status: "running" }] };
    case "task.progressed":
      return { tasks: editTask(state, entry.taskId, { done: entry.done, total: entry.total, note: entry.note }) };
    case "task.cancelling":
      return { cancelling: marked(state.cancelling, entry.taskId, true) };
    case "task.completed":
      return endOfTask(state, entry.taskId, { status: "completed" });
    case "task.failed":
      return endOfTask(state, entry.taskId, { status: "failed", reason: entry.reason });
    case "slots.changed":
      return { slots: { ...state.slots, ...entry.slots } };
    default:
      return {};
  }
}

function said({ messages }: ChatState, message: Message): Partial<ChatState> {
  return { messages: [...messages, message], ...wentOn(message) };
}

function joined(participants: readonly Participant[], joining: Participant): Participant[] {
  return [...participants.filter((participant) => participant.id !== joining.id), joining];
}

/** The first customer is the host. */
function welcomed({ participants, host }: ChatState, who: Participant): Partial<ChatState> {
  return { participants: joined(participants, who), host: host ?? (who.role === "customer" ? who.id : null) };
}

function left({ participants, host, muted }: ChatState, id: string, nextHost: string | null): Partial<ChatState> {
  return {
    participants: participants.filter((participant) => participant.id !== id),
    host: host === id ? nextHost : host,
    muted: marked(muted, id, false),
  };
}

/** In order, as a snapshot has them. */
function marked(ids: readonly string[], id: string, is: boolean): readonly string[] {
  const others = ids.filter((other) => other !== id);
  return is ? [...others, id].sort() : others;
}

/** What a guest said and read is of whoever the guest has turned out to be. */
function identified(state: ChatState, guest: string, who: Participant): Partial<ChatState> {
  const { [guest]: upTo, ...read } = state.read;
  return {
    participants: joined(state.participants.filter((participant) => participant.id !== guest), who),
    host: state.host === guest ? who.id : state.host,
    muted: state.muted.includes(guest) ? marked(marked(state.muted, guest, false), who.id, true) : state.muted,
    messages: state.messages.map((message) => (message.author.id === guest ? { ...message, author: who } : message)),
    read: upTo === undefined ? read : readBy(read, who.id, upTo),
  };
}

function readBy(read: ChatState["read"], participantId: string, upTo: number): ChatState["read"] {
  return { ...read, [participantId]: Math.max(upTo, read[participantId] ?? 0) };
}

/** The fields that a snapshot would show. */
function messageOf(entry: Omit<Message, "status">, status: Message["status"]): Message {
  return { ...pick(entry, MESSAGE_FIELDS), status };
}

function pick<From extends object, Key extends keyof From>(from: From, keys: readonly Key[]): Pick<From, Key> {
  return Object.fromEntries(keys.filter((key) => key in from).map((key) => [key, from[key]])) as Pick<From, Key>;
}

/** Searched from the end: it is nearly always the last message. */
function editMessage(state: ChatState, messageId: string, edit: (old: Message) => Message): readonly Message[] {
  for (let at = state.messages.length - 1; at >= 0; at -= 1) {
    const old = state.messages[at] as Message;
    if (old.messageId === messageId) return state.messages.with(at, edit(old));
  }
  return state.messages;
}

/** A streamed message in its place: begun, begun anew after a crash, or completed, perhaps with a start that was trimmed. */
function placed(state: ChatState, message: Message): readonly Message[] {
  const known = state.messages.some((old) => old.messageId === message.messageId);
  if (!known) return [...state.messages, message];
  return editMessage(state, message.messageId, (old) => ({ ...message, timestamp: old.timestamp }));
}

function editTask(state: ChatState, taskId: string, edit: Partial<Task>): readonly Task[] {
  return state.tasks.map((task) => (task.taskId === taskId ? { ...task, ...edit } : task));
}

function endOfTask(state: ChatState, taskId: string, edit: Partial<Task>): Partial<ChatState> {
  return { tasks: editTask(state, taskId, edit), cancelling: marked(state.cancelling, taskId, false) };
}

/** The end of a turn ends every message that is still open, also of an earlier turn that a crash cut off. */
function endOfTurn(state: ChatState, turnId: string): Partial<ChatState> {
  const messages = state.messages.map((message): Message => {
    return message.status === "streaming" ? { ...message, status: "interrupted" } : message;
  });
  const tasks = state.tasks.map((task): Task => {
    const open = task.turnId === turnId && task.status === "running";
    return open ? { ...task, status: "failed" } : task;
  });
  const running = new Set(tasks.filter(({ status }) => status === "running").map(({ taskId }) => taskId));
  return { messages, tasks, cancelling: state.cancelling.filter((id) => running.has(id)), turn: null, stopping: null };
}
