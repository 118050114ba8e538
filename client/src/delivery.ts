/** Puts one message on the log of the conversation that it was said in, which it begins if there is none. */

import type { CurrentConversation } from "./current.ts";
import { ApiError, isGone, isUnauthorized } from "./errors.ts";
import type { Membership } from "./membership.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import type { Identity } from "./session.ts";
import type { Store } from "./storage.ts";
import type { Where } from "./transport.ts";
import type { Receipt, Send } from "./types.ts";

export interface DeliveryDeps {
  session: Identity;
  current: CurrentConversation;
  /** Raises what `Transport.command` raises. */
  send(where: Where, message: Send): Promise<Receipt>;
  /** The server does not find that conversation. What was said there may go to another one from then on. */
  gone(conversationId: string): void;
}

/** An outbox that delivers so. */
export function outboxOf(deps: DeliveryDeps & { store: Store; membership: Membership; changed(): void }): Outbox {
  const { store, membership, changed, current } = deps;
  const outbox: Outbox = new Outbox({
    store,
    changed,
    conversation: () => current.id,
    takesUnplaced: () => current.id === null || membership.known(current.id) === null,
    deliver: (message) => delivery.deliver(message),
  });
  const delivery = new Delivery(deps, outbox);
  return outbox;
}

class Delivery {
  readonly #deps: DeliveryDeps;
  readonly #outbox: Outbox;

  constructor(deps: DeliveryDeps, outbox: Outbox) {
    this.#deps = deps;
    this.#outbox = outbox;
  }

  /** Raises what a session and `Transport.command` raise, and `ApiError` if it was given up meanwhile. */
  async deliver(message: Outgoing, lastTry = false): Promise<Receipt> {
    const { session, current, send, gone } = this.#deps;
    const token = await session.token();
    const conversationId = message.conversationId ?? (await current.start());
    if (conversationId === current.id) this.#outbox.place(conversationId);
    const { clientMessageId, content } = this.#stillWanted(message);
    try {
      return await send({ token, conversationId }, { clientMessageId, ...content });
    } catch (error) {
      if (lastTry || !(isGone(error) || isUnauthorized(error))) throw error;
      if (isUnauthorized(error)) session.drop(token);
      else gone(conversationId);
      const now = this.#stillWanted(message);
      if (isGone(error) && now.conversationId === conversationId) throw error; // It was for those who are there.
      return this.deliver(now, true);
    }
  }

  #stillWanted({ clientMessageId }: Outgoing): Outgoing {
    const now = this.#outbox.find(clientMessageId);
    if (now === undefined) throw new ApiError({ code: "discarded", message: "It was given up.", temporary: false });
    return now;
  }
}
