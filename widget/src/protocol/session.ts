/** Who this visitor is to the server: a guest's token, kept between visits and renewed before it expires. */

import { type Api, isUnauthorized } from "./api";
import type { Store } from "./storage";
import type { Participant, Session } from "./types";

const KEY = "session";

/** Renew this long before the end, or at half of the token's life where that is later. */
const RENEW_BEFORE_MS = 5 * 60_000;

interface Kept extends Session {
  renewAt: number;
}

export class GuestSession {
  readonly #api: Pick<Api, "signIn">;
  readonly #store: Store;
  readonly #now: () => number;
  #current: Kept | null;
  #pending: Promise<Kept> | null = null;

  constructor(api: Pick<Api, "signIn">, store: Store, now: () => number = Date.now) {
    this.#api = api;
    this.#store = store;
    this.#now = now;
    this.#current = store.get<Kept>(KEY);
  }

  get participant(): Participant | null {
    return this.#current?.participant ?? null;
  }

  /** A token that is good for a while yet. Raises what `Api.signIn` raises, after trying as a new guest. */
  async token(): Promise<string> {
    if (!this.#isFresh()) this.#current = this.#store.get<Kept>(KEY) ?? this.#current; // Renewed by another tab?
    if (this.#current && this.#isFresh()) return this.#current.token;
    return (await this.#renew()).token;
  }

  /** Milliseconds until the token should be renewed. */
  get remaining(): number {
    return this.#current ? Math.max(0, this.#current.renewAt - this.#now()) : 0;
  }

  /** Forgets a token that the server refused. The next one may be another guest's. */
  drop(token: string): void {
    if (this.#current?.token !== token) return;
    this.#current = null;
    if (this.#store.get<Kept>(KEY)?.token === token) this.#store.remove(KEY);
  }

  #isFresh(): boolean {
    return this.#current !== null && this.#now() < this.#current.renewAt;
  }

  #renew(): Promise<Kept> {
    this.#pending ??= this.#signIn().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #signIn(): Promise<Kept> {
    const old = this.#current && this.#current.expiresAt > this.#now() ? this.#current.token : null;
    let session: Session;
    try {
      session = await this.#api.signIn(old);
    } catch (error) {
      if (!old || !isUnauthorized(error)) throw error;
      session = await this.#api.signIn(null);
    }
    const life = session.expiresAt - this.#now();
    const kept = { ...session, renewAt: this.#now() + Math.max(life / 2, life - RENEW_BEFORE_MS) };
    this.#current = kept;
    this.#store.set(KEY, kept);
    return kept;
  }
}
