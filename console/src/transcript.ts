/** The rows of a transcript. The same view gives the same rows, and a row that has not changed is the same object. */

import type { Message, Outgoing, Task } from "@switchboard/client";
import type { ConversationView } from "./conversation";
import type { Mark } from "./marks";
import type { Note } from "./types";

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "message"; key: string; message: Message; ours: boolean; first: boolean; read: boolean }
  | { kind: "outgoing"; key: string; item: Outgoing }
  | { kind: "note"; key: string; note: Note }
  | { kind: "task"; key: string; task: Task }
  | { kind: "mark"; key: string; mark: Mark }
  | { kind: "writing"; key: string; names: string };

/** Something that stands between messages, at its time. */
type Aside = { at: number; row: Row };

export class Transcript {
  #known = new Map<string, Row>();

  rows(view: ConversationView): Row[] {
    const rows = rowsOf(view).map((row) => this.#same(row));
    this.#known = new Map(rows.map((row) => [row.key, row]));
    return rows;
  }

  /** The row of last time, if nothing of it has changed. */
  #same(row: Row): Row {
    const old = this.#known.get(row.key);
    return old && isSame(old, row) ? old : row;
  }
}

function isSame(old: Row, row: Row): boolean {
  const before = old as unknown as Record<string, unknown>;
  return Object.entries(row).every(([name, value]) => before[name] === value);
}

/** The log's order for what was said; what else there is stands where it happened. */
export function rowsOf(view: ConversationView): Row[] {
  const asides = asidesOf(view);
  const read = lastRead(view);
  const rows: Row[] = [];
  let next = 0;
  let previous: string | null = null;
  let midnight = -Infinity; // The next one. Days are worked out once each: 2,000 times a frame would be felt.
  const place = (row: Row, at: number) => {
    if (at >= midnight) {
      rows.push({ kind: "day", key: `day:${at}`, at });
      midnight = new Date(at).setHours(24, 0, 0, 0);
    }
    rows.push(row);
  };
  const placeAsides = (until: number) => {
    for (let aside = asides[next]; aside && aside.at <= until; aside = asides[(next += 1)]) {
      place(aside.row, aside.at);
      previous = null;
    }
  };
  for (const message of allMessages(view)) {
    placeAsides(message.timestamp);
    if (message.text === "" && !message.image && message.status !== "streaming") continue;
    const ours = message.author.role !== "customer";
    const first = previous !== message.author.id;
    previous = message.author.id;
    place({ kind: "message", key: message.messageId, message, ours, first, read: message === read }, message.timestamp);
  }
  placeAsides(Infinity);
  for (const item of view.outgoing) rows.push({ kind: "outgoing", key: `out:${item.clientMessageId}`, item });
  const names = writersOf(view);
  if (names) rows.push({ kind: "writing", key: "writing", names });
  return rows;
}

function allMessages({ earlier, chat }: ConversationView): readonly Message[] {
  if (earlier.length === 0) return chat.messages;
  const live = new Set(chat.messages.map(({ messageId }) => messageId)); // A page may overlap what a new snapshot has.
  return [...earlier.filter(({ messageId }) => !live.has(messageId)), ...chat.messages];
}

function asidesOf({ notes, marks, chat }: ConversationView): Aside[] {
  const asides: Aside[] = [
    ...notes.map((note) => ({ at: note.timestamp, row: { kind: "note", key: `note:${note.noteId}`, note } as const })),
    ...chat.tasks.map((task) => ({ at: task.timestamp, row: { kind: "task", key: `task:${task.taskId}`, task } as const })),
    ...marks.map((mark) => ({ at: mark.timestamp, row: { kind: "mark", key: `mark:${mark.offset}`, mark } as const })),
  ];
  return asides.sort((a, b) => a.at - b.at);
}

/** The last message of ours that a customer has seen. */
function lastRead({ chat }: ConversationView): Message | undefined {
  const customers = chat.participants.filter(({ role }) => role === "customer");
  const upTo = Math.max(0, ...customers.map(({ id }) => chat.read[id] ?? 0));
  return chat.messages.findLast(({ author, offset, status }) => {
    return author.role !== "customer" && status !== "streaming" && offset <= upTo;
  });
}

function writersOf({ chat, typing }: ConversationView): string {
  return chat.participants
    .filter(({ id }) => typing.includes(id))
    .map(({ name }) => name)
    .join(", ");
}
