/** What a guest has in the browser, and takes along when they turn out to be somebody: the conversation and what is unsent. */

import { CONVERSATION } from "./current.ts";
import { MEMBERSHIP } from "./membership.ts";
import { OUTBOX, type Outgoing } from "./outbox.ts";
import { GuestSession, SESSION } from "./session.ts";
import type { Store } from "./storage.ts";
import type { HttpTransport } from "./http.ts";

/** The guest's word for it that these are theirs. */
export interface Guest {
  /** Null once the guest is signed out. */
  token: string | null;
  conversations: string[];
}

export class Belongings {
  readonly #http: HttpTransport;
  readonly #store: Store;

  constructor(http: HttpTransport, store: Store) {
    this.#http = http;
    this.#store = store;
  }

  /** Null where no guest has begun a conversation. Raises what a session does. */
  async show(): Promise<Guest | null> {
    const conversation = this.#store.get<string>(CONVERSATION);
    if (conversation === null || this.#store.get(SESSION) === null) return null;
    const session = new GuestSession({ signIn: (refreshToken) => this.#http.signIn(refreshToken) }, this.#store);
    return { token: await session.token(), conversations: [conversation] };
  }

  /**
   * The guest is no more. What they said and the server does not have yet, the person says there; and decides about it
   * where the conversation is not theirs.
   */
  handOver(person: Store, taken: readonly string[]): void {
    const conversation = this.#store.get<string>(CONVERSATION);
    if (conversation !== null && taken.includes(conversation)) person.set(CONVERSATION, conversation);
    for (const key of this.#store.keys(OUTBOX)) {
      const item = this.#store.get<Outgoing>(key);
      if (item !== null) person.set(key, placedFor(item, taken));
      this.#store.remove(key);
    }
    this.#store.remove(CONVERSATION);
    this.#store.remove(MEMBERSHIP);
    this.#store.remove(SESSION);
  }
}

function placedFor({ conversationId, ...item }: Outgoing, taken: readonly string[]): Outgoing {
  if (conversationId === undefined) return item;
  if (taken.includes(conversationId)) return { ...item, conversationId };
  return { ...item, content: { text: item.text }, status: "failed" };
}
