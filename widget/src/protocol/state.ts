/**
 * A conversation as its log tells it. `apply` is pure: replaying the log gives the same state as living through it,
 * and so does starting from a snapshot.
 */

import type { Entry, Frame, Message, Participant, Position, SnapshotFrame, Task } from "./types";

export interface ChatState {
  /** Of the last entry applied; null before the first snapshot. */
  position: Position | null;
  participants: readonly Participant[];
  owner: string | null;
  messages: readonly Message[];
  tasks: readonly Task[];
  /** The turn that is under way. */
  turn: string | null;
}

export interface Applied {
  state: ChatState;
  /** Something between our position and this frame is missing: reconnect from `state.position`. */
  gap: boolean;
}

export const EMPTY: ChatState = {
  position: null,
  participants: [],
  owner: null,
  messages: [],
  tasks: [],
  turn: null,
};

/** One frame later. Entries already seen change nothing; an entry after a gap is not applied. */
export function apply(state: ChatState, frame: Frame): Applied {
  switch (frame.type) {
    case "connected":
    case "disconnect":
      return { state, gap: false };
    case "ping":
      return { state, gap: isAhead(state.position, frame) };
    case "snapshot":
      return { state: fromSnapshot(frame), gap: false };
    default:
      return applyEntry(state, frame);
  }
}

function isAhead(position: Position | null, frame: Position): boolean {
  return position === null || position.epoch !== frame.epoch || frame.offset > position.offset;
}

function fromSnapshot(frame: SnapshotFrame): ChatState {
  return {
    position: { epoch: frame.epoch, offset: frame.offset },
    participants: frame.participants,
    owner: frame.owner,
    messages: frame.messages,
    tasks: frame.tasks,
    turn: frame.turn,
  };
}

function applyEntry(state: ChatState, entry: Entry): Applied {
  const { position } = state;
  if (typeof entry.offset !== "number") return { state, gap: false }; // Ephemeral, and of a kind we do not know.
  if (position === null || position.epoch !== entry.epoch) return { state, gap: true };
  if (entry.offset <= position.offset) return { state, gap: false };
  if ((entry.first ?? entry.offset) !== position.offset + 1) return { state, gap: true };
  const next = { ...state, ...change(state, entry) };
  return { state: { ...next, position: { epoch: entry.epoch, offset: entry.offset } }, gap: false };
}

/** What one entry changes. Types that we do not know change nothing. */
function change(state: ChatState, entry: Entry): Partial<ChatState> {
  switch (entry.type) {
    case "conversation.started":
    case "owner.changed":
      return { owner: entry.owner };
    case "participant.joined":
      return { participants: joined(state.participants, entry.participant) };
    case "message.sent":
      return { messages: [...state.messages, { ...messageOf(entry), status: "sent" }] };
    case "message.started":
      return { messages: [...state.messages, { ...messageOf({ ...entry, text: "", buttons: [] }), status: "streaming" }] };
    case "message.delta":
      return { messages: editMessage(state, entry.messageId, (old) => ({ ...old, text: old.text + entry.delta })) };
    case "message.completed":
      return { messages: completed(state, { ...messageOf(entry), status: "completed" }) };
    case "turn.started":
      return { turn: entry.turnId };
    case "turn.completed":
    case "turn.failed":
      return endOfTurn(state, entry.turnId);
    case "task.started":
      return { tasks: [...state.tasks, taskOf(entry)] };
    case "task.progressed":
      return { tasks: editTask(state, entry.taskId, { done: entry.done, total: entry.total, note: entry.note }) };
    case "task.completed":
      return { tasks: editTask(state, entry.taskId, { status: "completed" }) };
    case "task.failed":
      return { tasks: editTask(state, entry.taskId, { status: "failed" }) };
    default:
      return {};
  }
}

function joined(participants: readonly Participant[], joining: Participant): Participant[] {
  return [...participants.filter((participant) => participant.id !== joining.id), joining];
}

function messageOf(entry: Omit<Message, "status">): Omit<Message, "status"> {
  const { messageId, author, text, buttons, timestamp } = entry;
  const optional = {
    ...(entry.payload !== undefined && { payload: entry.payload }),
    ...(entry.clientMessageId !== undefined && { clientMessageId: entry.clientMessageId }),
    ...(entry.turnId !== undefined && { turnId: entry.turnId }),
    ...(entry.image !== undefined && { image: entry.image }),
    ...(entry.stopped !== undefined && { stopped: entry.stopped }),
  };
  return { messageId, author, text, buttons: buttons ?? [], timestamp, ...optional };
}

function taskOf(entry: Extract<Entry, { type: "task.started" }>): Task {
  const { taskId, name, title, turnId } = entry;
  return { taskId, name, title, status: "running", ...(turnId !== undefined && { turnId }) };
}

/** Searched from the end: it is nearly always the last message. */
function editMessage(state: ChatState, messageId: string, edit: (old: Message) => Message): readonly Message[] {
  for (let at = state.messages.length - 1; at >= 0; at -= 1) {
    const old = state.messages[at] as Message;
    if (old.messageId === messageId) return state.messages.with(at, edit(old));
  }
  return state.messages;
}

/** The start of a completed message may have been trimmed from the log: then it is new to us. */
function completed(state: ChatState, message: Message): readonly Message[] {
  const known = state.messages.some((old) => old.messageId === message.messageId);
  if (!known) return [...state.messages, message];
  return editMessage(state, message.messageId, (old) => ({ ...message, timestamp: old.timestamp }));
}

function editTask(state: ChatState, taskId: string, edit: Partial<Task>): readonly Task[] {
  return state.tasks.map((task) => (task.taskId === taskId ? { ...task, ...edit } : task));
}

/** The end of a turn ends every message that it left open. */
function endOfTurn(state: ChatState, turnId: string): Partial<ChatState> {
  const messages = state.messages.map((message): Message => {
    const open = message.turnId === turnId && message.status === "streaming";
    return open ? { ...message, status: "interrupted" } : message;
  });
  const tasks = state.tasks.map((task): Task => {
    const open = task.turnId === turnId && task.status === "running";
    return open ? { ...task, status: "failed" } : task;
  });
  return { messages, tasks, turn: state.turn === turnId ? null : state.turn };
}
