/** The wish to write, from wherever it comes, until the field that it is for is there: a claim takes a moment to show. */

import type { Mode } from "./useDraft";

/** A wish older than this is not what anybody wants any more. */
const FORGET_MS = 3_000;

export interface Wish {
  mode: Mode;
  /** With the list of canned replies. */
  canned: boolean;
}

export class Pen {
  #wish: (Wish & { at: number }) | null = null;
  /** How many wishes there were. */
  #wishes = 0;
  #changed: () => void = () => undefined;

  want(mode: Mode, canned = false): void {
    this.#wish = { mode, canned, at: Date.now() };
    this.#wishes += 1;
    this.#changed();
  }

  /**
   * The wish to reply once a call has succeeded, to be called then. It comes too late if something else was wanted
   * meanwhile, or somebody writes: half a note must not become a reply.
   */
  replyAfter(isWriting: () => boolean): () => void {
    const before = this.#wishes;
    return () => {
      if (this.#wishes === before && !isWriting()) this.want("reply");
    };
  }

  get wish(): Wish | null {
    return this.#wish !== null && Date.now() - this.#wish.at < FORGET_MS ? this.#wish : null;
  }

  granted(): void {
    this.#wish = null;
  }

  /** Calls back at every wish, until the function that it returns is called. */
  listen(changed: () => void): () => void {
    this.#changed = changed;
    return () => {
      if (this.#changed === changed) this.#changed = () => undefined;
    };
  }
}
