/**
 * What a screen reader is told: each message of the others once, when it is finished. The log itself is silent, or
 * every streamed word would be read out.
 */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Message, View } from "@switchboard/client";
import { useSurroundings } from "./context";
import { plainText } from "./markdown/lexer";

/** Older announcements have been read; they leave the region. */
const KEPT = 4;

interface Announcement {
  id: string;
  text: string;
}

export function Announcer({ view }: { view: View }): ComponentChild {
  const { strings } = useSurroundings().language;
  const said = useRef<Set<string> | null>(null);
  const [announcements, setAnnouncements] = useState<readonly Announcement[]>([]);
  useEffect(() => {
    const ready = finished(view);
    // What was there before the page was opened is history. A conversation that begins now has none.
    said.current ??= view.chat.position || !view.started ? new Set(ready.map((message) => message.messageId)) : null;
    const fresh = ready.filter((message) => said.current?.has(message.messageId) === false);
    const undelivered = view.outgoing.filter((item) => item.status === "failed" && said.current?.has(item.clientMessageId) === false);
    const next = [
      ...fresh.map((message) => ({ id: message.messageId, text: spoken(message) })),
      ...undelivered.map((item) => ({ id: item.clientMessageId, text: `${strings.failed} ${item.text}` })),
    ];
    if (next.length === 0) return;
    for (const { id } of next) said.current?.add(id);
    setAnnouncements((old) => [...old, ...next].slice(-KEPT));
  }, [view]);
  return (
    <div class="unseen" role="status" aria-live="polite" aria-atomic="false">
      {announcements.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

function finished({ chat, me }: View): Message[] {
  return chat.messages.filter((message) => message.author.id !== me && message.status !== "streaming");
}

function spoken(message: Message): string {
  const choices = message.buttons.map((button) => button.title).join(", ");
  return `${message.author.name}: ${plainText(message.text)} ${choices}`.trim();
}
