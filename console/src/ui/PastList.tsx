/** Conversations by title and by how their last message begins. */

import type { ComponentChild } from "preact";
import type { ConversationItem } from "@switchboard/client";
import { useSurroundings } from "./context";

interface Props {
  items: readonly ConversationItem[];
  onShow(conversationId: string): void;
}

export function PastList({ items, onShow }: Props): ComponentChild {
  return (
    <ul class="past">
      {items.map((item) => (
        <PastItem key={item.conversationId} item={item} onShow={onShow} />
      ))}
    </ul>
  );
}

function PastItem({ item, onShow }: { item: ConversationItem; onShow: Props["onShow"] }): ComponentChild {
  const { locale } = useSurroundings().language;
  const { conversationId, title, activeAt, preview, participants } = item;
  const customers = participants.filter(({ role }) => role === "customer").map(({ name }) => name);
  const when = new Date(activeAt);
  return (
    <li>
      <button type="button" onClick={() => onShow(conversationId)}>
        <span class="past-head">
          <bdi>{title ?? (customers.join(", ") || conversationId)}</bdi>
          <time dateTime={when.toISOString()}>{when.toLocaleDateString(locale, { day: "numeric", month: "short" })}</time>
        </span>
        <span class="preview" dir="auto">
          {preview}
        </span>
      </button>
    </li>
  );
}
