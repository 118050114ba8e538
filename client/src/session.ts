/** Who this visitor is to the server: a guest, signed in for as long as they come back within a month. */

import { isUnauthorized } from "./errors.ts";
import type { Store } from "./storage.ts";
import type { Participant, Session } from "./types.ts";

export const SESSION = "session";

/** Renew this long before the end, or at half of the token's life where that is later. */
const RENEW_BEFORE_MS = 5 * 60_000;

/** And never sooner: a device's clock that is ahead would make every token look as if it were over. */
const RENEW_AFTER_MS = 60_000;

/** Who the client speaks as. A guest unless the application has people of its own. */
export interface Identity {
  /** Null before the first token. */
  readonly participant: Participant | null;
  /** A token that is good for a while yet. Raises if there is none to be had now. */
  token(): Promise<string>;
  /** Milliseconds until the token should be renewed, which takes a new connection. */
  readonly remaining: number;
  /** The server has refused this token. */
  drop(token: string): void;
  /** The page is back after it was put aside: somebody else may be in front of it. */
  recheck?(): void;
}

export interface Kept extends Session {
  renewAt: number;
}

/** The session, with the time at which it should be renewed. */
export function renewalOf(session: Session, now: number): Kept {
  const life = session.expiresAt - now;
  return { ...session, renewAt: now + Math.max(RENEW_AFTER_MS, life / 2, life - RENEW_BEFORE_MS) };
}

interface SignIn {
  /** The next session of a guest, by the refresh token of the last one; a new guest's without. */
  signIn(refreshToken: string | null): Promise<Session>;
}

export class GuestSession implements Identity {
  readonly #api: SignIn;
  readonly #store: Store;
  readonly #now: () => number;
  #current: Kept | null;
  #pending: Promise<Kept> | null = null;

  constructor(api: SignIn, store: Store, now: () => number = Date.now) {
    this.#api = api;
    this.#store = store;
    this.#now = now;
    this.#current = store.get<Kept>(SESSION);
  }

  get participant(): Participant | null {
    return this.#current?.participant ?? null;
  }

  /** Raises what `signIn` raises, after trying as a new guest. */
  async token(): Promise<string> {
    if (!this.#isFresh()) this.#current = this.#store.get<Kept>(SESSION) ?? this.#current; // Renewed by another tab?
    if (this.#current && this.#isFresh()) return this.#current.token;
    return (await this.#renew()).token;
  }

  get remaining(): number {
    return this.#current ? Math.max(0, this.#current.renewAt - this.#now()) : 0;
  }

  /** The next token is fetched; it is another guest's if this one's sign-in is over. */
  drop(token: string): void {
    if (this.#current?.token !== token) return;
    this.#current = { ...this.#current, renewAt: 0 };
    if (this.#store.get<Kept>(SESSION)?.token === token) this.#store.set(SESSION, this.#current);
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
    const old = this.#current?.refreshToken ?? null;
    let session: Session;
    try {
      session = await this.#api.signIn(old);
    } catch (error) {
      if (!old || !isUnauthorized(error)) throw error;
      session = await this.#api.signIn(null);
    }
    const kept = renewalOf(session, this.#now());
    this.#current = kept;
    this.#store.set(SESSION, kept);
    return kept;
  }
}
