/** One row of a transcript, of each kind. */

import type { ComponentChild } from "preact";
import type { Message, Outgoing, Participant } from "@switchboard/client";
import { safeUrl } from "@switchboard/widget/markdown/render";
import { MessageText } from "@switchboard/widget/MessageText";
import { hueOf } from "@switchboard/widget/people";
import { pure } from "@switchboard/widget/pure";
import { clock, day } from "../time";
import type { Row } from "../transcript";
import { MarkLine } from "./MarkLine";
import { TaskRow } from "./TaskRow";
import { useSurroundings } from "./context";
import { CheckIcon, LockIcon, WarningIcon } from "./icons";

/** A row object that is the same is the same row: of 2,000 only those that changed are drawn again. */
export const RowView = pure(({ row }: { row: Row }) => {
  switch (row.kind) {
    case "day":
      return <DayLine at={row.at} />;
    case "message":
      return <Said {...row} />;
    case "outgoing":
      return <OnItsWay item={row.item} />;
    case "note":
      return <NoteRow text={row.note.text} author={row.note.author.name} at={row.note.timestamp} />;
    case "task":
      return <TaskRow task={row.task} />;
    case "mark":
      return <MarkLine mark={row.mark} />;
    case "writing":
      return <Writing names={row.names} />;
  }
});

function DayLine({ at }: { at: number }): ComponentChild {
  const { locale } = useSurroundings().language;
  return <p class="row day">{day(at, Date.now(), locale)}</p>;
}

interface SaidProps {
  message: Message;
  ours: boolean;
  first: boolean;
  read: boolean;
}

function Said({ message, ours, first, read }: SaidProps): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { author, text, status } = message;
  const growing = status === "streaming";
  const mine = author.id === desk.session.participant?.id;
  const classes = ["row", ours ? "ours" : "theirs", author.role, mine && "mine", first && "first", growing && "growing"];
  return (
    <div class={`${classes.filter(Boolean).join(" ")} ${hueClass(author)}`}>
      <Byline author={author} at={message.timestamp} hidden={!first} />
      {(text !== "" || growing) && (
        <div class="bubble">
          {growing && text === "" ? <Dots /> : ours ? <MessageText text={text} growing={growing} /> : text}
        </div>
      )}
      {message.image !== undefined && <Picture url={message.image} />}
      {message.buttons.length > 0 && (
        <p class="offered">
          {message.buttons.map(({ title }) => (
            <span>{title}</span>
          ))}
        </p>
      )}
      {message.stopped && <p class="remark">{strings.stopped}</p>}
      {status === "interrupted" && <p class="remark">{strings.interrupted}</p>}
      {read && (
        <p class="remark">
          <CheckIcon /> {strings.seen}
        </p>
      )}
    </div>
  );
}

/** People have a colour each; a bot has none. */
function hueClass({ id, role }: Participant): string {
  return role === "bot" ? "" : `hue${hueOf(id)}`;
}

/** Who and when. Read out before every message, shown before the first of several. */
function Byline({ author, at, hidden }: { author: Participant; at: number; hidden: boolean }): ComponentChild {
  const { locale, strings } = useSurroundings().language;
  const { role } = author;
  return (
    <p class={hidden ? "unseen" : "byline"}>
      <bdi class="author">{author.name}</bdi> {role !== "customer" && <span class={`role ${role}`}>{strings[role]}</span>}{" "}
      <time dateTime={new Date(at).toISOString()}>{clock(at, locale)}</time>
    </p>
  );
}

function Picture({ url }: { url: string }): ComponentChild {
  const { strings } = useSurroundings().language;
  const safe = safeUrl(url);
  return safe && <img class="picture" src={safe} alt={strings.picture} loading="lazy" referrerpolicy="no-referrer" />;
}

function NoteRow({ text, author, at }: { text: string; author: string; at: number }): ComponentChild {
  const { locale, strings } = useSurroundings().language;
  return (
    <div class="row note">
      <p class="byline">
        <LockIcon /> {strings.note} · <bdi>{author}</bdi> <time dateTime={new Date(at).toISOString()}>{clock(at, locale)}</time>
      </p>
      <MessageText text={text} growing={false} />
    </div>
  );
}

function OnItsWay({ item }: { item: Outgoing }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { status, clientMessageId, reason } = item;
  const calm = status === "sending" || status === "accepted";
  const words = { delayed: strings.delayed, waiting: strings.queued, failed: strings.failed };
  return (
    <div class={`row ours mine first ${calm ? "" : "troubled"}`}>
      <div class="bubble">
        <MessageText text={item.text} growing={false} />
      </div>
      {calm ? (
        <p class="remark">{strings.sending}</p>
      ) : (
        <p class="remark trouble">
          <WarningIcon /> {words[status]} {reason}{" "}
          <button type="button" class="link" onClick={() => desk.conversation?.retry(clientMessageId)}>
            {strings.retry}
          </button>{" "}
          <button type="button" class="link" onClick={() => desk.conversation?.discard(clientMessageId)}>
            {strings.discard}
          </button>
        </p>
      )}
    </div>
  );
}

function Writing({ names }: { names: string }): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <p class="row writing">
      <bdi>{strings.writes(names)}</bdi> <Dots />
    </p>
  );
}

function Dots(): ComponentChild {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
