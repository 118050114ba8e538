/** What was said before the stream's snapshot begins, fetched by page. */

import { ApiError, type ChatState, type Message } from "@switchboard/client";
import type { Desk } from "./desk";

const NONE: readonly Message[] = [];

export class Earlier {
  readonly #id: string;
  readonly #desk: Desk;
  readonly #changed: () => void;
  #messages: readonly Message[] = NONE;
  #before: string | null | undefined;
  #loading = false;
  #failed = false;

  constructor(id: string, desk: Desk, changed: () => void) {
    this.#id = id;
    this.#desk = desk;
    this.#changed = changed;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** The last page did not come. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether there may be more. */
  get more(): boolean {
    return this.#before !== null;
  }

  /** The log has begun anew, and its places mean nothing any more. */
  reset(): void {
    this.#messages = NONE;
    this.#before = undefined;
  }

  /** The page before what there is. Nothing happens while one is on its way. */
  async load(chat: ChatState): Promise<void> {
    const before = this.#before === undefined ? startOf(chat) : this.#before;
    if (this.#loading || before === null) return this.#end(before);
    this.#loading = true;
    this.#failed = false;
    this.#changed();
    try {
      const page = await this.#desk.history(this.#id, before);
      const known = new Set([...chat.messages, ...this.#messages].map(({ messageId }) => messageId));
      this.#messages = [...page.messages.filter(({ messageId }) => !known.has(messageId)), ...this.#messages];
      this.#before = page.before;
    } catch (error) {
      if (error instanceof ApiError && error.code === "conflict") this.reset();
      this.#failed = true;
    } finally {
      this.#loading = false;
      this.#changed();
    }
  }

  #end(before: string | null): void {
    if (this.#loading || before !== null || this.#before === null) return;
    this.#before = null;
    this.#changed();
  }
}

/** The place of the earliest message that the stream has shown; null where nothing was said. */
export function startOf({ position, messages }: ChatState): string | null {
  if (position === null || messages.length === 0) return null;
  const least = messages.reduce((offset, message) => Math.min(offset, message.offset), Infinity);
  return `${position.epoch}.${least}`;
}
