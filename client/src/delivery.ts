/** Puts one message on the log of the conversation that it was said in, which it begins if there is none. */

import type { CurrentConversation } from "./current.ts";
import { ApiError, isGone, isUnauthorized } from "./errors.ts";
import type { Outgoing } from "./outbox.ts";
import type { Identity } from "./session.ts";
import type { Where } from "./transport.ts";
import type { Receipt, Send } from "./types.ts";

export interface DeliveryDeps {
  session: Identity;
  current: CurrentConversation;
  /** A message as it is now; undefined once it was given up. */
  find(clientMessageId: string): Outgoing | undefined;
  /** What was said before there was a conversation is said in that one. */
  place(conversationId: string): void;
  /** Raises what `Transport.command` raises. */
  send(where: Where, message: Send): Promise<Receipt>;
  /** The server does not find that conversation. What was said there may go to another one from then on. */
  gone(conversationId: string): void;
}

export class Delivery {
  readonly #deps: DeliveryDeps;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
  }

  /** Raises what a session and `Transport.command` raise, and `ApiError` if it was given up meanwhile. */
  async deliver(message: Outgoing, lastTry = false): Promise<Receipt> {
    const { session, current, place, send, gone } = this.#deps;
    const token = await session.token();
    const conversationId = message.conversationId ?? (await current.start());
    if (conversationId === current.id) place(conversationId);
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
    const now = this.#deps.find(clientMessageId);
    if (now === undefined) throw new ApiError({ code: "discarded", message: "It was given up.", temporary: false });
    return now;
  }
}
