/** The rows of the message list, computed from what the client knows. The same view always gives the same rows. */

import type { Message, Outgoing, Participant, Task, View } from "@switchboard/client";
import { isHeld } from "./handoff";
import { offerOf, type Offer } from "./offers";
import { hasSeveralAuthors, huesOf, isGroup, isMine, namesOf, peopleOf } from "./people";

export interface MessageRow {
  kind: "message";
  key: string;
  message: Message;
  mine: boolean;
  /** The first of several by the same author: it carries the name. */
  first: boolean;
  /** Whether its buttons can still be pressed. */
  open: boolean;
  /** The payload of the button that was pressed. */
  chosen: string | null;
  /** Whether this author's colour and role are shown: an operator's, and everybody's where several people write. */
  marked: boolean;
  /** The author's colour there; a bot has none. */
  hue: number | undefined;
  /** The message that this one answers, if it is there. */
  quoted: Message | undefined;
  quotedMine: boolean;
  /** The last of the visitor's that somebody else has read. */
  read: boolean;
  /** Who of several others has read it. */
  readers: readonly string[];
}

const NOBODY: readonly string[] = [];

export type Row =
  | MessageRow
  | { kind: "outgoing"; key: string; item: Outgoing; first: boolean }
  | { kind: "task"; key: string; task: Task; offer: Offer }
  | { kind: "typing"; key: string; name: string | null }
  | { kind: "writing"; key: string; names: string[] };

export function rowsOf(view: View): Row[] {
  const { messages, tasks } = view.chat;
  const reply = replyTo(view);
  const read = lastRead(view);
  const marked = hasSeveralAuthors(view.chat);
  const hues = huesOf(view.chat);
  const byId = new Map(messages.map((message) => [message.messageId, message]));
  const rows: Row[] = [];
  const placed = new Set<Task>();
  const place = (task: Task) => {
    placed.add(task);
    rows.push({ kind: "task", key: task.taskId, task, offer: offerOf(view, task) });
  };
  let previous: string | null = null;
  messages.forEach((message, at) => {
    const mine = isMine(message, view.me);
    if (!mine) tasks.filter((task) => task.turnId && task.turnId === message.turnId && !placed.has(task)).forEach(place);
    if (message.text === "" && !message.image && message.buttons.length === 0) return;
    const first = previous !== message.author.id;
    previous = message.author.id;
    const answer = reply.get(at);
    const quoted = byId.get(message.replyTo ?? "");
    rows.push({
      kind: "message",
      key: message.clientMessageId ?? message.messageId,
      message,
      mine,
      first,
      open: answer === undefined && message.status !== "streaming",
      chosen: answer ?? null,
      marked: !mine && (marked || message.author.role === "operator"),
      hue: hues.get(message.author.id),
      quoted,
      quotedMine: quoted !== undefined && isMine(quoted, view.me),
      read: message === read,
      readers: message === read ? readersOf(view, message) : NOBODY,
    });
  });
  tasks.filter((task) => task.status === "running" && !placed.has(task)).forEach(place);
  for (const item of view.outgoing) {
    rows.push({ kind: "outgoing", key: item.clientMessageId, item, first: previous !== view.me });
    previous = view.me;
  }
  if (isThinking(view)) rows.push({ kind: "typing", key: "typing", name: botName(view) });
  const names = writers(view);
  if (names.length > 0) rows.push({ kind: "writing", key: "writing", names });
  return rows;
}

/** Of the visitor's messages, the last that anybody else has read. */
function lastRead({ chat, me }: View): Message | undefined {
  const others = Object.entries(chat.read).filter(([id]) => id !== me);
  const upTo = Math.max(0, ...others.map(([, offset]) => offset));
  return chat.messages.findLast((message) => isMine(message, me) && message.offset <= upTo);
}

/** Names of the people who have read it; nobody's where there is only one other who could have. */
function readersOf({ chat, me }: View, message: Message): readonly string[] {
  if (peopleOf(chat).filter(({ id }) => id !== me).length < 2) return NOBODY;
  const names = namesOf(chat);
  const readers = Object.entries(chat.read).filter(([id, upTo]) => id !== me && upTo >= message.offset);
  return readers.map(([id]) => names.get(id)).filter((name) => name !== undefined);
}

/** Names of the people who write. */
function writers({ chat, typing }: View): string[] {
  const names = namesOf(chat);
  return chat.participants.filter(({ id }) => typing.includes(id)).map(({ id, name }) => names.get(id) ?? name);
}

/**
 * For each message that has been answered: the payload that the answer carried ("" for words). Where several people talk,
 * the words of others may be for anybody.
 */
function replyTo(view: View): Map<number, string> {
  const said = view.outgoing.find((item) => item.status !== "failed")?.content;
  const group = isGroup(view.chat);
  let answer = said === undefined ? undefined : "payload" in said ? said.payload : "";
  const answers = new Map<number, string>();
  for (let at = view.chat.messages.length - 1; at >= 0; at -= 1) {
    const message = view.chat.messages[at] as Message;
    if (message.author.role !== "customer") {
      if (answer !== undefined) answers.set(at, answer);
    } else if (!group || message.payload !== undefined || isMine(message, view.me)) answer = message.payload ?? "";
  }
  return answers;
}

/** A turn is under way and nothing of it moves on the screen yet. */
function isThinking(view: View): boolean {
  const { chat } = view;
  if (chat.turn === null || isHeld(view)) return false;
  const streaming = chat.messages.some((message) => message.status === "streaming" && message.text !== "");
  return !streaming && !chat.tasks.some((task) => task.status === "running" && task.turnId === chat.turn);
}

export function botName({ chat }: View): string | null {
  return chat.participants.find((participant: Participant) => participant.role === "bot")?.name ?? null;
}
