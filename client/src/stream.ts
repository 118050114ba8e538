/** One conversation's stream, kept open: it reconnects from the last position until it is stopped or refused. */

import { backoff } from "./backoff.ts";
import { ApiError, isGone, isTemporary, isUnauthorized } from "./errors.ts";
import type { Disconnect, Frame } from "./types.ts";

const FIRST_RETRY_MS = 1_000;
/** For the answer's head and the `connected` frame. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A token that the server refuses twice in a row will not get better. */
const MOST_REFUSALS = 2;
/** `setTimeout` counts in 32 bits; a longer wait would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `waiting`: between two tries. `refused`: the server does not let us in, and nothing more is tried. */
export type Link = "idle" | "connecting" | "open" | "waiting" | "refused";

export interface StreamDeps {
  /** Opens the stream after the last position applied. Raises what `Transport.open` raises. */
  open(signal: AbortSignal): Promise<AsyncIterable<Frame>>;
  /** Applies a frame; true means that entries before it are missing. */
  receive(frame: Frame): boolean;
  changed(link: Link): void;
  /** The server does not accept our token. */
  unauthorized(): void;
  /** The conversation is not there, or not ours. */
  gone(): void;
  /** Milliseconds until the token should be renewed, which takes a new connection. */
  lifetime(): number;
}

/** The code of a `disconnect` that refuses our token: another one may help. */
const BAD_TOKEN = 3500;

/** Raised inside when the server closes the stream with a `disconnect` frame that forbids to come back. */
class Refused extends Error {
  readonly code: number;

  constructor({ code, reason }: Disconnect) {
    super(reason);
    this.code = code;
  }
}

export class LiveStream {
  readonly #deps: StreamDeps;
  #link: Link = "idle";
  #run = 0;
  #connection: AbortController | null = null;
  #wake: (() => void) | null = null;
  /** Whether the next wait is to be skipped. */
  #hurry = false;
  #failures = 0;
  #refusals = 0;
  #retry = FIRST_RETRY_MS;
  #pingInterval = 0;
  #lastFrameAt = 0;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: StreamDeps) {
    this.#deps = deps;
  }

  get link(): Link {
    return this.#link;
  }

  start(): void {
    if (this.#link !== "idle" && this.#link !== "refused") return;
    this.#failures = 0;
    this.#refusals = 0;
    this.#run += 1;
    void this.#loop(this.#run);
  }

  stop(): void {
    this.#run += 1;
    this.#cut();
    this.#wake?.();
    this.#become("idle");
  }

  /** The network has changed: no old connection can be trusted, and no wait is needed. */
  reconnect(): void {
    this.#hurry = true;
    this.#cut();
    this.#wake?.();
  }

  /** The page is looked at again: the connection may have died while the computer slept. */
  check(): void {
    const silent = Date.now() - this.#lastFrameAt > this.#pingInterval;
    if (this.#link === "waiting" || (this.#link === "open" && silent)) this.reconnect();
  }

  async #loop(run: number): Promise<void> {
    while (run === this.#run) {
      const wait = await this.#connect(run);
      if (run !== this.#run) return;
      if (wait === null) return this.#become("refused");
      this.#become("waiting");
      if (!this.#hurry) await this.#pause(wait);
    }
  }

  /** One connection, to its end. Milliseconds to wait for the next one; null for never. */
  async #connect(run: number): Promise<number | null> {
    const connection = new AbortController();
    this.#connection = connection;
    this.#hurry = false;
    this.#become("connecting");
    this.#watch(CONNECT_TIMEOUT_MS);
    let renew: ReturnType<typeof setTimeout> | undefined;
    try {
      const frames = await this.#deps.open(connection.signal);
      renew = setTimeout(() => this.reconnect(), Math.min(LONGEST_TIMER_MS, this.#deps.lifetime()));
      await this.#read(frames, run);
      this.#failures += 1;
      return backoff(this.#failures, this.#retry);
    } catch (error) {
      if (run !== this.#run) return 0;
      return this.#waitAfter(error);
    } finally {
      clearTimeout(renew);
      if (run === this.#run) clearTimeout(this.#watchdog);
      connection.abort();
    }
  }

  /** Until the server says goodbye or simply closes, or something is missing. */
  async #read(frames: AsyncIterable<Frame>, run: number): Promise<void> {
    for await (const frame of frames) {
      if (run !== this.#run) return;
      this.#lastFrameAt = Date.now();
      if (frame.type === "connected") {
        this.#retry = frame.retry;
        this.#pingInterval = frame.pingInterval;
        this.#become("open");
      }
      this.#watch(2 * this.#pingInterval || CONNECT_TIMEOUT_MS);
      if (frame.type === "disconnect") {
        if (frame.reconnect) return;
        throw new Refused(frame);
      }
      if (this.#deps.receive(frame)) return;
      if (frame.type !== "connected") {
        this.#failures = 0;
        this.#refusals = 0;
      }
    }
  }

  #waitAfter(error: unknown): number | null {
    this.#failures += 1;
    if (isGone(error)) {
      this.#deps.gone();
      return null;
    }
    if (isUnauthorized(error) || (error instanceof Refused && error.code === BAD_TOKEN)) {
      this.#deps.unauthorized();
      this.#refusals += 1;
      return this.#refusals < MOST_REFUSALS ? 0 : null;
    }
    if (error instanceof Refused || !isTemporary(error)) return null;
    const asked = error instanceof ApiError ? error.retryAfter : null;
    return (asked ?? 0) + backoff(this.#failures, this.#retry);
  }

  #watch(milliseconds: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#cut(), milliseconds);
  }

  #cut(): void {
    clearTimeout(this.#watchdog);
    this.#connection?.abort();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #become(link: Link): void {
    if (this.#link === link) return;
    this.#link = link;
    this.#deps.changed(link);
  }
}
