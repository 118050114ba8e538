/** Which conversation this person is in: begun when it is needed, the same over a reload and in their other tabs. */

import type { Membership } from "./membership.ts";
import type { Store } from "./storage.ts";

export const CONVERSATION = "conversation";

export interface CurrentDeps {
  store: Store;
  membership: Membership;
  /** Makes a new one; raises what a session and `HttpTransport` raise. */
  create(): Promise<string>;
  /** There is one now, which nobody had entered. */
  begun(): void;
}

export class CurrentConversation {
  readonly #deps: CurrentDeps;
  #id: string | null;
  #starting: Promise<string> | null = null;

  constructor(deps: CurrentDeps) {
    this.#deps = deps;
    this.#id = deps.store.get<string>(CONVERSATION);
  }

  get id(): string | null {
    return this.#id;
  }

  enter(conversationId: string): void {
    this.#id = conversationId;
    this.#deps.store.set(CONVERSATION, conversationId);
  }

  leave(): void {
    if (this.#deps.store.get<string>(CONVERSATION) === this.#id) this.#deps.store.remove(CONVERSATION);
    this.#id = null;
  }

  /** The conversation that there is, or one that is begun. `id` is another one if an invitation was faster. */
  async start(): Promise<string> {
    if (this.#id !== null) return this.#id;
    this.#starting ??= this.#findOrCreate().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #findOrCreate(): Promise<string> {
    const { store, membership, create, begun } = this.#deps;
    const inOtherTab = store.get<string>(CONVERSATION);
    const known = inOtherTab === null ? null : membership.known(inOtherTab);
    // What was not meant for others is not said to them; nor is the way back to them lost.
    const found = inOtherTab !== null && known === null ? inOtherTab : await create();
    if (this.#id !== null) return found;
    if (known === "shared") this.#id = found;
    else this.enter(found);
    begun();
    return found;
  }
}
