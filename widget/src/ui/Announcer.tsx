/**
 * What a screen reader is told: each message of the others once, when it is finished. The log itself is silent, or
 * every streamed word would be read out.
 */

import type { ComponentChild } from "preact";
import { useCallback, useEffect, useRef, useState, type MutableRef } from "preact/hooks";
import type { Message, View } from "@switchboard/client";
import { useSurroundings } from "./context";
import { stageOf } from "./handoff";
import { useHandoffNews } from "./handoffNews";
import { plainText } from "./markdown/lexer";
import { peopleOf } from "./people";
import { obstacleOf } from "./Obstacle";
import type { Strings } from "./strings";

/** Older announcements have been read; they leave the region. */
const KEPT = 4;

interface Announcement {
  id: string;
  text: string;
}

interface There {
  /** By id. */
  names: ReadonlyMap<string, string>;
  /** The operator who has the conversation. */
  holder: string | undefined;
}

export function Announcer({ view }: { view: View }): ComponentChild {
  const { strings } = useSurroundings().language;
  const said = useRef<Set<string> | null>(null);
  const there = useRef<There | null>(null);
  const obstacle = useRef<string | null>(null);
  const [announcements, setAnnouncements] = useState<readonly Announcement[]>([]);
  const add = (next: readonly Announcement[]) => setAnnouncements((old) => [...old, ...next].slice(-KEPT));
  const count = useRef(0);
  useHandoffNews(stageOf(view, strings), useCallback((text) => add([{ id: `handoff ${(count.current += 1)}`, text }]), []));
  useEffect(() => {
    const ready = finished(view);
    // What was there before the page was opened, or joined, is history. A conversation that begins now has none.
    if (view.chat.position) said.current ??= new Set(ready.map((message) => message.messageId));
    else if (!view.started) said.current = new Set();
    else if (view.outgoing.length === 0) said.current = null;
    const fresh = ready.filter((message) => said.current?.has(message.messageId) === false);
    const undelivered = view.outgoing.filter((item) => item.status === "failed" && said.current?.has(item.clientMessageId) === false);
    const movements = comingsAndGoings(view, there, strings);
    const stopped = obstacleOf(view);
    const isNew = stopped !== null && stopped !== obstacle.current;
    obstacle.current = stopped;
    const next = [
      ...fresh.map((message) => ({ id: message.messageId, text: spoken(message) })),
      ...undelivered.map((item) => ({ id: item.clientMessageId, text: `${strings.failed} ${item.text}` })),
      ...movements,
      ...(isNew ? [{ id: `${stopped} ${Date.now()}`, text: strings[stopped] }] : []),
    ];
    if (next.length === 0) return;
    for (const { id } of next) said.current?.add(id);
    add(next);
  }, [view]);
  return (
    <div class="unseen" role="status" aria-live="polite" aria-atomic="false">
      {announcements.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

/**
 * Who has joined and left since the last time; nobody the first time. Of the operator who has the conversation the way to
 * a person and back says it.
 */
function comingsAndGoings(view: View, there: MutableRef<There | null>, strings: Strings): Announcement[] {
  if (view.ended !== null) return [];
  const before = view.chat.position && there.current;
  const now = new Map(peopleOf(view.chat).filter(({ id }) => id !== view.me).map(({ id, name }) => [id, name]));
  const holder = view.chat.handoff?.participantId;
  there.current = view.chat.position && { names: now, holder };
  if (before === null) return [];
  const at = view.chat.position?.offset;
  // Who signs in has another id from then on, and is nobody else.
  const later = new Map(Object.entries(view.formerly).map(([id, guest]) => [guest, id]));
  const { names } = before;
  const came = [...now].filter(([id]) => id !== holder && !names.has(id) && !names.has(view.formerly[id] ?? id));
  const gone = [...names].filter(([id]) => !now.has(id) && !now.has(later.get(id) ?? id));
  const went = gone.filter(([id]) => id !== before.holder && id !== holder);
  return [
    ...came.map(([id, name]) => ({ id: `${id}+${at}`, text: strings.hasJoined(name) })),
    ...went.map(([id, name]) => ({ id: `${id}-${at}`, text: strings.hasLeft(name) })),
  ];
}

function finished({ chat, me }: View): Message[] {
  return chat.messages.filter((message) => message.author.id !== me && message.status !== "streaming");
}

function spoken(message: Message): string {
  const choices = message.buttons.map((button) => button.title).join(", ");
  return `${message.author.name}: ${plainText(message.text)} ${choices}`.trim();
}
