/** Who this visitor is to the site that embeds the chat: its back end says so, and says it again before every hour is over. */

import type { Belongings, Guest } from "./belongings.ts";
import { ApiError, isGone } from "./errors.ts";
import { renewalOf, type Identity, type Kept } from "./session.ts";
import type { Participant, Session } from "./types.ts";

/** Asks the host's back end for a fresh identity, a JWT; null if nobody is signed in there. */
export type HostIdentity = () => Promise<string | null>;

interface SignIn {
  signInAs(identity: string, guest: Guest | null): Promise<Session>;
}

/** Nothing of it is kept: a page that is loaded again asks again. It is one person's for good. */
export class HostSession implements Identity {
  readonly #api: SignIn;
  readonly #identity: HostIdentity;
  readonly #belongings: Pick<Belongings, "show"> | null;
  readonly #now: () => number;
  #current: Kept | null = null;
  #participant: Participant | null = null;
  #taken: readonly string[] = [];
  #pending: Promise<Kept> | null = null;

  /** `belongings`: of a guest, who turns out to be this person when they sign in for the first time. */
  constructor(
    api: SignIn,
    identity: HostIdentity,
    belongings: Pick<Belongings, "show"> | null = null,
    now: () => number = Date.now,
  ) {
    this.#api = api;
    this.#identity = identity;
    this.#belongings = belongings;
    this.#now = now;
  }

  get participant(): Participant | null {
    return this.#participant;
  }

  /** The conversations of the guest who this person was before. */
  get taken(): readonly string[] {
    return this.#taken;
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

  recheck(): void {
    this.#current = null;
  }

  async #signIn(): Promise<Kept> {
    const session = await this.#ask();
    if (this.#participant && this.#participant.id !== session.participant.id) {
      throw refused("another_person", "Somebody else is signed in by now.");
    }
    this.#participant = session.participant;
    this.#taken = session.conversations ?? this.#taken;
    this.#current = renewalOf(session, this.#now());
    return this.#current;
  }

  /** What is not found or forbidden here is no conversation, so it must not look as if one were gone. */
  async #ask(): Promise<Session> {
    try {
      const identity: unknown = await this.#identity();
      if (identity === null) throw refused("signed_out", "Nobody is signed in any more.");
      if (typeof identity === "string") return await this.#signInAs(identity);
      throw new ApiError({ code: "no_identity", message: "`identity` gave neither a JWT nor null", temporary: false });
    } catch (error) {
      if (!isGone(error)) throw error;
      throw new ApiError({ code: "no_identity", message: (error as ApiError).message, temporary: false });
    }
  }

  async #signInAs(identity: string): Promise<Session> {
    const guest = this.#participant === null ? await this.#belongings?.show() : null;
    try {
      return await this.#api.signInAs(identity, guest ?? null);
    } catch (error) {
      const guestIsGone = guest && error instanceof ApiError && error.code === "unauthorized";
      if (!guestIsGone) throw error;
      return await this.#api.signInAs(identity, { ...guest, token: null }); // Perhaps it was taken along by then.
    }
  }
}

function refused(code: string, message: string): ApiError {
  return new ApiError({ code, message, status: 401, temporary: false });
}

/** Whether the host says that there is nobody whom it could sign in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.code === "signed_out";
}

/** Whether whoever is in front of the page now is not the person whose chat it is. */
export function isNotTheirs(error: unknown): boolean {
  return isSignedOut(error) || (error instanceof ApiError && error.code === "another_person");
}
