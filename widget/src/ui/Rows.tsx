/** One row of the message list, of each kind. */

import type { ComponentChild } from "preact";
import type { Button, Message, Outgoing, Participant } from "@switchboard/client";
import { Choices } from "./Choices";
import { useSurroundings } from "./context";
import { CheckIcon, WarningIcon } from "./icons";
import { safeUrl } from "./markdown/render";
import { MessageText } from "./MessageText";
import { markOf, Role } from "./Person";
import { pure } from "./pure";
import { Quote, rowId } from "./Quote";
import { listOf } from "./strings";
import { TaskCard } from "./TaskCard";
import type { Row } from "./timeline";

interface Handlers {
  onPress(button: Button): void;
}

export function RowView({ row, onPress }: { row: Row } & Handlers): ComponentChild {
  switch (row.kind) {
    case "message": {
      const { key: _, kind, mine, read, readers, open, chosen, marked, hue, ...shown } = row;
      if (mine) return <OwnMessage {...shown} read={read} readers={readers} />;
      return <OthersMessage {...shown} open={open} chosen={chosen} marked={marked} hue={hue} onPress={onPress} />;
    }
    case "outgoing":
      return <OutgoingMessage item={row.item} first={row.first} />;
    case "task":
      return <TaskCard task={row.task} offer={row.offer} />;
    case "typing":
      return <Typing name={row.name} />;
    case "writing":
      return <Writing names={row.names} />;
  }
}

interface ShownProps {
  message: Message;
  first: boolean;
  quoted: Message | undefined;
  quotedMine: boolean;
}

interface OwnProps extends ShownProps {
  read: boolean;
  readers: readonly string[];
}

const OwnMessage = pure((props: OwnProps) => (
  <div id={rowId(props.message.messageId)} class={`row mine ${props.first ? "first" : ""}`}>
    <Byline timestamp={props.message.timestamp} author={null} hidden={!props.first} />
    {props.quoted && <Quote message={props.quoted} mine={props.quotedMine} />}
    <div class="bubble">{props.message.text}</div>
    {props.read && <HasRead names={props.readers} />}
  </div>
));

/** More readers than this are counted. */
const NAMED_READERS = 3;

function HasRead({ names }: { names: readonly string[] }): ComponentChild {
  const { strings } = useSurroundings().language;
  const more = names.length - NAMED_READERS;
  const readers = `${names.slice(0, NAMED_READERS).join(", ")}${more > 0 ? ` +${more}` : ""}`;
  return (
    <p class="receipt">
      <CheckIcon /> <bdi title={names.join(", ")}>{names.length > 0 ? strings.readBy(readers) : strings.read}</bdi>
    </p>
  );
}

interface OthersProps extends ShownProps, Handlers {
  marked: boolean;
  hue: number | undefined;
  open: boolean;
  chosen: string | null;
}

const OthersMessage = pure(({ message, first, quoted, quotedMine, marked, hue, open, chosen, onPress }: OthersProps) => {
  const { strings } = useSurroundings().language;
  const growing = message.status === "streaming";
  const mark = marked ? markOf(hue) : "";
  const kind = `row theirs ${message.author.role} ${first ? "first" : ""} ${growing ? "growing" : ""} ${mark}`;
  return (
    <div id={rowId(message.messageId)} class={kind} data-message-id={message.messageId}>
      <Byline timestamp={message.timestamp} author={message.author} hidden={!first} marked={marked} />
      {quoted && <Quote message={quoted} mine={quotedMine} />}
      {message.text !== "" && (
        <div class="bubble">
          <MessageText text={message.text} growing={growing} />
        </div>
      )}
      {message.image !== undefined && <Picture url={message.image} />}
      {message.status === "interrupted" && <Interrupted />}
      {message.stopped && <p class="remark">{strings.stopped}</p>}
      {message.buttons.length > 0 && <Choices buttons={message.buttons} open={open} chosen={chosen} onPress={onPress} />}
    </div>
  );
});

interface BylineProps {
  timestamp: number;
  author: Participant | null;
  hidden: boolean;
  marked?: boolean;
}

/** Who and when. Read out before every message, shown before the first of several. */
function Byline(props: BylineProps): ComponentChild {
  const { locale, strings } = useSurroundings().language;
  const time = new Date(props.timestamp);
  return (
    <div class={props.hidden ? "unseen" : "byline"}>
      <bdi>{props.author?.name ?? <span class="unseen">{strings.you}</span>}</bdi>{" "}
      {props.author && props.marked && <Role role={props.author.role} />}{" "}
      <time dateTime={time.toISOString()}>{time.toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit" })}</time>
    </div>
  );
}

function Picture({ url }: { url: string }): ComponentChild {
  const { strings } = useSurroundings().language;
  const safe = safeUrl(url);
  return safe && <img class="picture" src={safe} alt={strings.picture} loading="lazy" referrerpolicy="no-referrer" />;
}

function Interrupted(): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <p class="remark">
      <WarningIcon /> {strings.interrupted}
    </p>
  );
}

const OutgoingMessage = pure((props: { item: Outgoing; first: boolean }) => (
  <div class={`row mine ${props.first ? "first" : ""} ${props.item.status}`}>
    <Byline timestamp={props.item.createdAt} author={null} hidden={!props.first} />
    <div class="bubble">{props.item.text}</div>
    <Delivery item={props.item} />
  </div>
));

function Delivery({ item }: { item: Outgoing }): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const { status } = item;
  if (status === "sending" || status === "accepted") return null;
  return (
    <p class="remark">
      <WarningIcon /> {strings[status]} {item.reason}{" "}
      {status !== "waiting" && (
        <button type="button" class="link" onClick={() => client.retry(item.clientMessageId)}>
          {strings.retry}
        </button>
      )}
      {status !== "delayed" && (
        <button type="button" class="link" onClick={() => client.discard(item.clientMessageId)}>
          {strings.discard}
        </button>
      )}
    </p>
  );
}

function Typing({ name }: { name: string | null }): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <div class="row theirs first">
      <div class="bubble typing" role="img" aria-label={strings.typing(name ?? strings.someone)}>
        <i />
        <i />
        <i />
      </div>
    </div>
  );
}

/** More writers than this are several. */
const NAMED_WRITERS = 3;

/** Other people, who may take their time: less of a promise than the bot's bubble. */
function Writing({ names }: { names: string[] }): ComponentChild {
  const { locale, strings } = useSurroundings().language;
  const [name, ...more] = names;
  const several = () => (names.length > NAMED_WRITERS ? strings.severalTyping : strings.areTyping(listOf(names, locale)));
  return (
    <p class="row writing">
      <bdi>{name !== undefined && more.length === 0 ? strings.typing(name) : several()}</bdi>
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </p>
  );
}
