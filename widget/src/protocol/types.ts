/** What travels on the wire: this file mirrors `docs/protocol.md`, name for name. */

export type Role = "customer" | "bot" | "operator" | "observer";

export interface Participant {
  id: string;
  role: Role;
  name: string;
}

export interface Button {
  title: string;
  payload: string;
}

export interface Session {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  participant: Participant;
}

export interface Created {
  conversationId: string;
  epoch: string;
  offset: number;
}

export interface Accepted {
  messageId: string;
  epoch: string;
  offset: number;
  duplicate: boolean;
}

/** A place in a conversation's log; `Last-Event-ID` is `epoch.offset`. */
export interface Position {
  epoch: string;
  offset: number;
}

export type MessageStatus = "sent" | "streaming" | "completed" | "interrupted";

export interface Message {
  messageId: string;
  author: Participant;
  text: string;
  buttons: Button[];
  status: MessageStatus;
  timestamp: number;
  payload?: string;
  clientMessageId?: string;
  turnId?: string;
  image?: string;
  /** Somebody stopped it: the text is what there was. */
  stopped?: boolean;
}

export type TaskStatus = "running" | "completed" | "failed";

export interface Task {
  taskId: string;
  name: string;
  title: string;
  status: TaskStatus;
  done?: number;
  total?: number;
  note?: string;
  turnId?: string;
}

/** Frames that are not log entries. */
export interface ConnectedFrame {
  type: "connected";
  epoch: string;
  offset: number;
  recovered: boolean;
  /** Milliseconds of silence after which the server pings. */
  pingInterval: number;
  /** Milliseconds to wait before the first reconnect. */
  retry: number;
}

export interface PingFrame {
  type: "ping";
  epoch: string;
  offset: number;
}

export interface DisconnectFrame {
  type: "disconnect";
  code: number;
  reason: string;
  reconnect: boolean;
}

export interface SnapshotFrame {
  type: "snapshot";
  epoch: string;
  offset: number;
  conversationId: string;
  participants: Participant[];
  owner: string;
  messages: Message[];
  tasks: Task[];
  turn: string | null;
}

interface EntryOf<Type extends string> {
  type: Type;
  epoch: string;
  offset: number;
  /** Of a delta that stands for several entries: the first one's offset. */
  first?: number;
  timestamp: number;
}

type Sent = Omit<Message, "status" | "timestamp">;

export type Entry =
  | (EntryOf<"conversation.started"> & { conversationId: string; owner: string })
  | (EntryOf<"participant.joined"> & { participant: Participant })
  | (EntryOf<"message.sent"> & Sent)
  | (EntryOf<"message.started"> & { messageId: string; author: Participant; turnId: string })
  | (EntryOf<"message.delta"> & { messageId: string; delta: string })
  | (EntryOf<"message.completed"> & Sent)
  | (EntryOf<"turn.started"> & { turnId: string; messageId: string })
  | (EntryOf<"turn.stopping"> & { turnId: string; participantId: string })
  | (EntryOf<"turn.completed"> & { turnId: string; stopped?: boolean })
  | (EntryOf<"turn.failed"> & { turnId: string; reason: string })
  | (EntryOf<"task.started"> & { taskId: string; name: string; title: string; turnId?: string })
  | (EntryOf<"task.progressed"> & { taskId: string; done: number; total: number; note: string })
  | (EntryOf<"task.completed"> & { taskId: string })
  | (EntryOf<"task.failed"> & { taskId: string; reason: string })
  | (EntryOf<"owner.changed"> & { owner: string; term: number });

export type Frame = ConnectedFrame | PingFrame | DisconnectFrame | SnapshotFrame | Entry;

/** What a `POST …/messages` carries: `text` or `payload`, never both. */
export type Content = { text: string } | { payload: string };

/** RFC 9457; programs switch on `code`, people read `detail`. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail?: string;
}
