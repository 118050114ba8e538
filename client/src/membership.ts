/**
 * Whether this person still takes part in the conversation. The server tells of the end once; from then on it knows of
 * no such conversation, so that the end is kept here, over a reload too.
 */

import type { Store } from "./storage.ts";
import type { Frame, Participant } from "./types.ts";

export const MEMBERSHIP = "membership";

/** `removed` by somebody; `left`: the person did, or they were away when it ended. */
export type Ending = "left" | "removed";

interface Kept {
  conversationId: string;
  /** `shared`: other customers took part. What is not found then is not gone, but the others' only. */
  is: "shared" | Ending;
}

export class Membership {
  readonly #store: Store;
  #kept: Kept | null;

  constructor(store: Store) {
    this.#store = store;
    this.#kept = store.get<Kept>(MEMBERSHIP);
  }

  /** How the part in that conversation has ended; null if it has not, or if nothing is known of it. */
  ending(conversationId: string | null): Ending | null {
    const is = this.#of(conversationId);
    return is === "shared" ? null : is;
  }

  /** What is known of that conversation, by another tab too; null: nothing, so it is the person's own. */
  known(conversationId: string): Kept["is"] | null {
    const kept = this.#store.get<Kept>(MEMBERSHIP);
    return kept?.conversationId === conversationId ? kept.is : this.#of(conversationId);
  }

  /** A frame of that conversation's stream, which `me` reads, and who takes part after it. */
  receive(frame: Frame, conversationId: string | null, me: string | null, participants: readonly Participant[]): void {
    if (conversationId === null) return;
    const joins = frame.type === "participant.joined" && frame.participant.id === me; // Replayed after an earlier end.
    if (joins || frame.type === "connected") this.admit(conversationId);
    if (frame.type === "participant.left" && frame.participantId === me) {
      this.end(conversationId, frame.by === undefined || frame.by === me ? "left" : "removed");
    } else if (isShared(participants, me)) {
      this.share(conversationId);
    }
  }

  /** Other customers take part too. */
  share(conversationId: string): void {
    if (this.#of(conversationId) === null) this.#keep({ conversationId, is: "shared" });
  }

  end(conversationId: string, is: Ending): void {
    if (this.ending(conversationId) === null) this.#keep({ conversationId, is });
  }

  /** The server does not find that conversation. Whether that is the end of a part in it. */
  notFound(conversationId: string): boolean {
    if (this.#of(conversationId) === null) return false;
    this.end(conversationId, "left");
    return true;
  }

  /** The server has let them in, perhaps again. */
  admit(conversationId: string): void {
    if (this.ending(conversationId) !== null) this.#keep({ conversationId, is: "shared" });
  }

  forget(): void {
    const inOtherTab = this.#store.get<Kept>(MEMBERSHIP);
    if (inOtherTab?.conversationId === this.#kept?.conversationId) this.#store.remove(MEMBERSHIP);
    this.#kept = null;
  }

  #of(conversationId: string | null): Kept["is"] | null {
    return this.#kept !== null && this.#kept.conversationId === conversationId ? this.#kept.is : null;
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    this.#store.set(MEMBERSHIP, kept);
  }
}

/** Whether another customer takes part beside us: who signs in on another tab takes the guest's place. */
function isShared(participants: readonly Participant[], me: string | null): boolean {
  const others = participants.filter(({ id, role }) => role === "customer" && id !== me);
  return others.length > 0 && participants.some(({ id }) => id === me);
}
