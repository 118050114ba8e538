/**
 * What is asked and answered about handoffs. By hand, until `docs/protocol.schema.json` says it: then these come from
 * `wire.ts`, and this file goes.
 */

/** Body of `POST …/handoff`. Both may be left out: `asked`, and the team that there always is. */
export interface NewHandoff {
  reason?: "asked";
  team?: string;
}

/** The answer to it. */
export interface HandoffAsked {
  handoffId: string;
  owner: string;
  term: number;
  /** False: nobody is there at the moment. The conversation waits all the same. */
  available: boolean;
}

/** The answer to `POST …/handoff/cancel`. */
export interface Owned {
  owner: string;
  term: number;
}
