/** What we let the others know besides what we say: that we write, and how far we have read. Both in moderation. */

import type { ChatState } from "./state.ts";

/** The others forget it after 6 s. */
const AGAIN_MS = 3_000;
const PAUSE_MS = 5_000;
/** So long it takes to have read something, and so often we say it at most. */
const READ_MS = 1_000;

/** Says that we write when we begin, every 3 s while we go on, and once when we pause. */
export class TypingSignal {
  readonly #tell: (typing: boolean) => void;
  #toldAt: number | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (typing: boolean) => void) {
    this.#tell = tell;
  }

  /** The draft has changed. */
  write(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.rest(), PAUSE_MS);
    const now = Date.now();
    if (this.#toldAt !== null && now - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = now;
    this.#tell(true);
  }

  /** Nothing is being written; `quietly` if what was written says so itself. */
  rest(quietly = false): void {
    clearTimeout(this.#pause);
    if (this.#toldAt !== null && !quietly) this.#tell(false);
    this.#toldAt = null;
  }
}

/** Says how far we have read: the newest message of the others, once, at most every second. */
export class ReadMarks {
  readonly #tell: (upTo: number) => Promise<unknown>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #newest = 0;
  #said = 0;

  /** `tell` may fail: then it is said when something is seen again. */
  constructor(tell: (upTo: number) => Promise<unknown>) {
    this.#tell = tell;
  }

  /** The reader has everything before their eyes. Other tabs of theirs may have said so already. */
  see({ messages, read }: ChatState, me: string | null): void {
    const newest = messages.findLast((message) => message.author.id !== me && message.status !== "streaming");
    const known = Math.max(this.#said, (me !== null && read[me]) || 0);
    if (!newest?.offset || newest.offset <= known) return;
    this.#newest = newest.offset;
    this.#timer ??= setTimeout(() => void this.#say(), READ_MS);
  }

  /** Nothing more is said: this conversation is left. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#said = 0;
  }

  async #say(): Promise<void> {
    const before = this.#said;
    this.#timer = undefined;
    this.#said = this.#newest;
    await this.#tell(this.#newest).catch(() => {
      this.#said = before;
    });
  }
}
