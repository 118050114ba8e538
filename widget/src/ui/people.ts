/** Who takes part, as the visitor sees them. */

import type { ChatState, Message, Participant, View } from "@switchboard/client";
import { HUES } from "./colors";

/** What the server calls a guest who has given no name. */
const UNNAMED = "Guest";

/** What the visitor has chosen to be called. */
export function ownName({ name }: View): string {
  return name === null || name === UNNAMED ? "" : name;
}

/** The people among those who take part: everybody but bots and observers. */
export function peopleOf({ participants }: ChatState): Participant[] {
  return participants.filter(isPerson);
}

export function isPerson({ role }: Participant): boolean {
  return role === "customer" || role === "operator";
}

/** Whether more than one person takes part. */
export function isGroup(chat: ChatState): boolean {
  return peopleOf(chat).length > 1;
}

/** Whether what is on the screen is of more than one person, who may have left. */
export function hasSeveralAuthors(chat: ChatState): boolean {
  const ids = new Set(peopleOf(chat).map(({ id }) => id));
  for (const { author } of chat.messages) if (isPerson(author)) ids.add(author.id);
  return ids.size > 1;
}

/** Names by id. Who has taken another one since they joined has it in their messages only. */
export function namesOf({ participants, messages }: ChatState): Map<string, string> {
  return new Map([...participants, ...messages.map(({ author }) => author)].map(({ id, name }) => [id, name]));
}

/** The visitor's role here; the host is the customer whose conversation it is. */
function rank({ chat, me }: View): "operator" | "host" | null {
  if (me === null || chat.muted.includes(me)) return null;
  if (chat.participants.some(({ id, role }) => id === me && role === "operator")) return "operator";
  return chat.host === me ? "host" : null;
}

export function mayInvite(view: View): boolean {
  return rank(view) !== null;
}

/** Whether the visitor may mute and remove that one: as the server decides. */
export function mayModerate(view: View, { id, role }: Participant): boolean {
  if (id === view.me) return false;
  return rank(view) === "operator" ? role !== "bot" : rank(view) === "host" && role === "customer";
}

/** `me` is unknown only before the first sign-in, when the visitor is the only customer. */
export function isMine({ author }: Message, me: string | null): boolean {
  return me === null ? author.role === "customer" : isPerson(author) && author.id === me;
}

/** How many messages are written and not on the log. */
export function unsentOf({ outgoing }: View): number {
  return outgoing.filter(({ status }) => status !== "accepted").length;
}

/** Which colour is somebody's where nobody else has it, everywhere and always (FNV-1a). */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const character of id) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return (hash >>> 0) % HUES.length;
}

/**
 * The people's colours by id, the same on every screen: who came first has their own, who comes later the next one that
 * is free, as long as there is one. Those who have left take what remains.
 */
export function huesOf(chat: ChatState): ReadonlyMap<string, number> {
  const hues = new Map<string, number>();
  const taken = new Set<number>();
  for (const { id } of [...peopleOf(chat), ...chat.messages.map(({ author }) => author).filter(isPerson)]) {
    if (hues.has(id)) continue;
    if (taken.size === HUES.length) taken.clear();
    let hue = hueOf(id);
    while (taken.has(hue)) hue = (hue + 1) % HUES.length;
    hues.set(id, hue);
    taken.add(hue);
  }
  return hues;
}
