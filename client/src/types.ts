/** The wire's types, and the few that are a client's own. */

import type { Epoch, Offset } from "./wire.ts";

export type * from "./wire.ts";

/** A place in a conversation's log; `Last-Event-ID` is `epoch.offset`. */
export interface Position {
  epoch: Epoch;
  offset: Offset;
}

/** What is said: words, or what a button carried. */
export type Content = { text: string } | { payload: string };
