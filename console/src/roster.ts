/** The desk, live: what waits, who has what, who is there. While it is open the server counts the operator as there. */

import { LiveStream, type AccountSession, type Frame, type Link } from "@switchboard/client";
import type { Desk, DeskEvent } from "./desk";
import { arrivals } from "./queue";
import type { Case, DeskState } from "./types";

const NOTHING: DeskState = { operators: [], conversations: [] };

export interface RosterDeps {
  desk: Desk;
  session: AccountSession;
  changed(): void;
  /** Somebody new waits. */
  arrived(cases: readonly Case[]): void;
  /** The server does not take this account for an operator's. */
  refused(): void;
}

export class Roster {
  readonly #deps: RosterDeps;
  readonly #stream: LiveStream;
  #state: DeskState | null = null;
  #current = false;
  #token = "";

  constructor(deps: RosterDeps) {
    this.#deps = deps;
    this.#stream = new LiveStream({
      changed: (link) => this.#linked(link),
      open: (signal) => this.#open(signal),
      receive: (frame) => this.#receive(frame as unknown as DeskEvent),
      unauthorized: () => deps.session.drop(this.#token),
      gone: () => deps.refused(),
      lifetime: () => deps.session.remaining,
    });
  }

  get state(): DeskState {
    return this.#state ?? NOTHING;
  }

  /** Whether the list is that of now. */
  get current(): boolean {
    return this.#current && this.#stream.link === "open";
  }

  get link(): Link {
    return this.#stream.link;
  }

  start(): void {
    this.#stream.start();
  }

  stop(): void {
    this.#stream.stop();
  }

  reconnect(): void {
    this.#stream.reconnect();
  }

  check(): void {
    this.#stream.check();
  }

  async #open(signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    this.#token = await this.#deps.session.token();
    return (await this.#deps.desk.listen(this.#token, signal)) as AsyncIterable<unknown> as AsyncIterable<Frame>;
  }

  #receive(event: DeskEvent): boolean {
    if (event.type !== "desk") return false;
    const fresh = arrivals(this.#state, event);
    this.#state = { operators: event.operators, conversations: event.conversations };
    this.#current = true;
    this.#deps.changed();
    if (fresh.length > 0) this.#deps.arrived(fresh);
    return false;
  }

  #linked(link: Link): void {
    if (link !== "open") this.#current = false;
    this.#deps.changed();
  }
}
