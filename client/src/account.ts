/** Somebody with an account of this server: signed in by mail and password, and kept signed in over a reload. */

import { ApiError, isUnauthorized } from "./errors.ts";
import { renewalOf, type Identity, type Kept } from "./session.ts";
import type { Store } from "./storage.ts";
import type { Participant, Session } from "./types.ts";

const ACCOUNT = "account";
/** Outlasts a sign-out: by it the server tells this browser from somebody who guesses. */
const DEVICE = "device";

interface SignIn {
  signInByPassword(email: string, password: string, device: string | null): Promise<Session & { device?: string }>;
  signIn(refreshToken: string | null): Promise<Session>;
  endSession(token: string): Promise<void>;
}

/** Unlike a guest's, a sign-in that is over is over: nobody becomes somebody else by it. */
export class AccountSession implements Identity {
  readonly #api: SignIn;
  readonly #store: Store;
  readonly #changed: () => void;
  readonly #now: () => number;
  #current: Kept | null;
  #pending: Promise<Kept> | null = null;

  /** `changed` is called when somebody is signed in, or no longer is. */
  constructor(api: SignIn, store: Store, changed: () => void = () => undefined, now: () => number = Date.now) {
    this.#api = api;
    this.#store = store;
    this.#changed = changed;
    this.#now = now;
    this.#current = store.get<Kept>(ACCOUNT);
  }

  /** Who is signed in; null if nobody is. */
  get participant(): Participant | null {
    return this.#current?.participant ?? null;
  }

  get remaining(): number {
    return this.#current ? Math.max(0, this.#current.renewAt - this.#now()) : 0;
  }

  /** Raises `ApiError`: `bad_credentials`, `too_many` with `retryAfter`, and what `fetch` raises. */
  async signIn(email: string, password: string): Promise<void> {
    const session = await this.#api.signInByPassword(email, password, this.#store.get<string>(DEVICE));
    if (session.device !== undefined) this.#store.set(DEVICE, session.device);
    this.#keep(session);
    this.#changed();
  }

  /** Signed out here at once, and on the server as soon as it can be told. */
  async signOut(): Promise<void> {
    const token = this.#current?.token;
    this.#end();
    if (token) await this.#api.endSession(token).catch(() => undefined);
  }

  /** Raises `ApiError` `signed_out` where nobody is signed in any more. */
  async token(): Promise<string> {
    if (this.remaining === 0) this.#current = this.#fromOtherTab() ?? this.#current;
    if (this.#current && this.remaining > 0) return this.#current.token;
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = null;
    });
    return (await this.#pending).token;
  }

  drop(token: string): void {
    if (this.#current?.token !== token) return;
    this.#current = { ...this.#current, renewAt: 0 };
    if (this.#store.get<Kept>(ACCOUNT)?.token === token) this.#store.set(ACCOUNT, this.#current);
  }

  async #renew(): Promise<Kept> {
    const refreshToken = this.#current?.refreshToken;
    const who = this.#current?.participant.id;
    if (!refreshToken) throw signedOut();
    try {
      const session = await this.#api.signIn(refreshToken);
      if (this.#current?.participant.id !== who) throw signedOut(); // Signed out meanwhile.
      return this.#keep(session);
    } catch (error) {
      if (isUnauthorized(error)) this.#end();
      throw error;
    }
  }

  /** Another tab may have renewed it. What it has of somebody else is not ours. */
  #fromOtherTab(): Kept | null {
    const kept = this.#store.get<Kept>(ACCOUNT);
    return kept && kept.participant.id === this.#current?.participant.id ? kept : null;
  }

  #keep(session: Session): Kept {
    const kept = renewalOf(session, this.#now());
    this.#current = kept;
    this.#store.set(ACCOUNT, kept);
    return kept;
  }

  #end(): void {
    if (this.#current === null) return;
    if (this.#store.get<Kept>(ACCOUNT)?.participant.id === this.#current.participant.id) this.#store.remove(ACCOUNT);
    this.#current = null;
    this.#changed();
  }
}

function signedOut(): ApiError {
  return new ApiError({ code: "signed_out", message: "Nobody is signed in any more.", status: 401, temporary: false });
}
