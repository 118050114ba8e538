/** Who this visitor is to the site that embeds the chat: its back end says so, and says it again before every hour is over. */

import { ApiError } from "./errors.ts";
import { renewalOf, type Identity, type Kept } from "./session.ts";
import type { Participant, Session } from "./types.ts";

/** Asks the host's back end for a fresh identity, a JWT; null if nobody is signed in there. */
export type HostIdentity = () => Promise<string | null>;

interface SignIn {
  signInAs(identity: string): Promise<Session>;
}

/** Nothing of it is kept: a page that is loaded again asks again. It is one person's for good. */
export class HostSession implements Identity {
  readonly #api: SignIn;
  readonly #identity: HostIdentity;
  readonly #now: () => number;
  #current: Kept | null = null;
  #participant: Participant | null = null;
  #pending: Promise<Kept> | null = null;

  constructor(api: SignIn, identity: HostIdentity, now: () => number = Date.now) {
    this.#api = api;
    this.#identity = identity;
    this.#now = now;
  }

  get participant(): Participant | null {
    return this.#participant;
  }

  /** Raises what `identity` and `signInAs` raise, and `ApiError` if nobody, or somebody else, is signed in by now. */
  async token(): Promise<string> {
    if (this.#current && this.remaining > 0) return this.#current.token;
    this.#pending ??= this.#signIn().finally(() => {
      this.#pending = null;
    });
    return (await this.#pending).token;
  }

  get remaining(): number {
    return this.#current ? Math.max(0, this.#current.renewAt - this.#now()) : 0;
  }

  drop(token: string): void {
    if (this.#current?.token === token) this.#current = null;
  }

  async #signIn(): Promise<Kept> {
    const identity = await this.#identity();
    if (identity === null) throw refused("signed_out", "Nobody is signed in any more.");
    const session = await this.#api.signInAs(identity);
    if (this.#participant && this.#participant.id !== session.participant.id) {
      throw refused("another_person", "Somebody else is signed in by now.");
    }
    this.#participant = session.participant;
    this.#current = renewalOf(session, this.#now());
    return this.#current;
  }
}

function refused(code: string, message: string): ApiError {
  return new ApiError({ code, message, status: 401, temporary: false });
}

/** Whether the host says that there is nobody whom it could sign in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.code === "signed_out";
}
