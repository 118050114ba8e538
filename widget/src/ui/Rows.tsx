/** One row of the message list, of each kind. */

import type { ComponentChild } from "preact";
import type { Button, Message, Outgoing } from "@switchboard/client";
import { Choices } from "./Choices";
import { useSurroundings } from "./context";
import { CheckIcon, WarningIcon } from "./icons";
import { safeUrl } from "./markdown/render";
import { MessageText } from "./MessageText";
import { pure } from "./pure";
import { TaskCard } from "./TaskCard";
import type { Row } from "./timeline";

interface Handlers {
  onPress(button: Button): void;
}

export function RowView({ row, onPress }: { row: Row } & Handlers): ComponentChild {
  switch (row.kind) {
    case "message": {
      const { message, first, open, chosen, read } = row;
      if (row.mine) return <OwnMessage text={message.text} timestamp={message.timestamp} first={first} read={read} />;
      return <OthersMessage message={message} first={first} open={open} chosen={chosen} onPress={onPress} />;
    }
    case "outgoing":
      return <OutgoingMessage item={row.item} first={row.first} />;
    case "task":
      return <TaskCard task={row.task} />;
    case "typing":
      return <Typing name={row.name} />;
    case "writing":
      return <Writing names={row.names} />;
  }
}

const OwnMessage = pure((props: { text: string; timestamp: number; first: boolean; read: boolean }) => (
  <div class={`row mine ${props.first ? "first" : ""}`}>
    <Byline timestamp={props.timestamp} name={null} hidden={!props.first} />
    <div class="bubble">{props.text}</div>
    {props.read && <HasRead />}
  </div>
));

function HasRead(): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <p class="receipt">
      <CheckIcon /> {strings.read}
    </p>
  );
}

interface OthersProps extends Handlers {
  message: Message;
  first: boolean;
  open: boolean;
  chosen: string | null;
}

const OthersMessage = pure(({ message, first, open, chosen, onPress }: OthersProps) => {
  const { strings } = useSurroundings().language;
  const growing = message.status === "streaming";
  return (
    <div class={`row theirs ${first ? "first" : ""} ${growing ? "growing" : ""}`} data-message-id={message.messageId}>
      <Byline timestamp={message.timestamp} name={message.author.name} hidden={!first} />
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

/** Who and when. Read out before every message, shown before the first of several. */
function Byline(props: { timestamp: number; name: string | null; hidden: boolean }): ComponentChild {
  const { locale, strings } = useSurroundings().language;
  const time = new Date(props.timestamp);
  return (
    <div class={props.hidden ? "unseen" : "byline"}>
      <bdi>{props.name ?? <span class="unseen">{strings.you}</span>}</bdi>{" "}
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
    <Byline timestamp={props.item.createdAt} name={null} hidden={!props.first} />
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

/** Other people, who may take their time: less of a promise than the bot's bubble. */
function Writing({ names }: { names: string[] }): ComponentChild {
  const { strings } = useSurroundings().language;
  const [name, ...more] = names;
  return (
    <p class="row writing">
      <span>{name === undefined || more.length > 0 ? strings.severalTyping : strings.typing(name)}</span>
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </p>
  );
}
