/** What there is to show. */

import type { Ending } from "./membership.ts";
import type { Outgoing } from "./outbox.ts";
import type { ChatState } from "./state.ts";
import type { Link } from "./stream.ts";

/** Everything there is to show, at one moment. A new object after every change. */
export interface View {
  chat: ChatState;
  /** Said, and not on the log yet. */
  outgoing: readonly Outgoing[];
  link: Link;
  /** False while the server itself has lost its store: what you see may be late. */
  live: boolean;
  /** Ids of the others who write at the moment. */
  typing: readonly string[];
  /** Ids of everybody who has the conversation open. */
  present: readonly string[];
  /** Who has signed in before our eyes: the id of the guest that they were, by the id that they have now. */
  formerly: Readonly<Record<string, string>>;
  /** The earlier conversation was not found, and this is a new one. */
  restarted: boolean;
  /** Whether a conversation exists, so that there is something to connect to. */
  started: boolean;
  /** How our part in the conversation has ended; null as long as we take part. */
  ended: Ending | null;
  /** Our own participant id. */
  me: string | null;
  /** What we are called; messages and the others may still have an earlier name. */
  name: string | null;
  /** Nobody vouches for us: we may call ourselves as we like. */
  guest: boolean;
}
