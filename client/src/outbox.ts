/** What the visitor has said and the log does not show yet. It survives a reload, and is sent in order. */

import { backoff } from "./backoff.ts";
import { ApiError, isBusy, isTemporary } from "./errors.ts";
import type { Store } from "./storage.ts";
import type { Content, Message, Position, Receipt } from "./types.ts";

export const OUTBOX = "outbox:";
const FIRST_WAIT_MS = 500;
/** After so many failures in a row the visitor is told; we go on trying. */
const PATIENCE = 3;
/** A server that has refused a message so often, over two minutes or so, has more to do than it can: the visitor decides. */
const MAX_REFUSALS = 20;

/**
 * `delayed` did not reach the server, `waiting` did, and it has too much to do: both are sent again by themselves.
 * `accepted` is on the server's log and only has to come back on the stream; `failed` needs the visitor.
 */
export type OutgoingStatus = "sending" | "delayed" | "waiting" | "failed" | "accepted";

export interface Outgoing {
  clientMessageId: string;
  /** Where it was said, and nowhere else is it sent; absent: in one that it begins. */
  conversationId?: string;
  content: Content;
  /** What the message list shows: the text, or the title of the button. */
  text: string;
  createdAt: number;
  status: OutgoingStatus;
  /** What the server said against it. */
  reason?: string;
  position?: Position;
}

export interface OutboxDeps {
  store: Store;
  /** The conversation that is shown. */
  conversation(): string | null;
  /** Whether what was said before there was any may be said in that one. */
  takesUnplaced(): boolean;
  /** Puts one message on the log; raises what `Transport.command` raises. */
  deliver(message: Outgoing): Promise<Receipt>;
  changed(): void;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  #items: readonly Outgoing[];
  #busy = false;
  #failures = 0;
  #refusals = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    const kept = deps.store.keys(OUTBOX).map((key) => deps.store.get<Outgoing>(key));
    const unplaced = deps.takesUnplaced();
    this.#items = kept
      .filter((item) => item !== null)
      .filter((item) => item.conversationId !== undefined || unplaced)
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  /** What was said in the conversation that is shown. What another tab has left in another one is sent there, unseen. */
  get items(): readonly Outgoing[] {
    return this.#items.filter((item) => this.#isHere(item));
  }

  /** Undefined once it was discarded, or seen on the log. */
  find(clientMessageId: string): Outgoing | undefined {
    return this.#items.find((item) => item.clientMessageId === clientMessageId);
  }

  /** Shows the message at once and sends it when those before it have been sent. */
  add(content: Content, text: string): void {
    const createdAt = Math.max(Date.now(), (this.#items.at(-1)?.createdAt ?? 0) + 1); // Their order after a reload.
    const conversationId = this.#deps.conversation();
    const place = conversationId === null ? {} : { conversationId };
    this.#put({ clientMessageId: newId(), ...place, content, text, createdAt, status: "sending" });
    if (this.#failures === 0) this.kick(); // Else a wait is under way, perhaps one that the server asked for.
  }

  retry(clientMessageId: string): void {
    const item = this.find(clientMessageId);
    if (!item || item.status === "accepted") return;
    const { reason: _, ...rest } = item;
    this.#put({ ...rest, status: "sending" });
    this.kick();
  }

  discard(clientMessageId: string): void {
    this.#deps.store.remove(OUTBOX + clientMessageId);
    this.#items = this.#items.filter((item) => item.clientMessageId !== clientMessageId);
    this.#deps.changed();
  }

  /** Forgets what was said here: the visitor goes over to another conversation. */
  clear(): void {
    for (const item of this.items) this.#deps.store.remove(OUTBOX + item.clientMessageId);
    this.#items = this.#items.filter((item) => !this.#isHere(item));
    this.#deps.changed();
  }

  /** A conversation was begun by what was said before there was any. */
  place(conversationId: string): void {
    for (const item of this.#items) if (item.conversationId === undefined) this.#put({ ...item, conversationId });
  }

  /** The conversation has gone: what waits is said in the next one, where nobody has offered these buttons. */
  moveToNewConversation(gone: string): void {
    for (const item of this.#items.filter(({ conversationId }) => conversationId === gone)) {
      const { conversationId: _, ...rest } = item;
      if (item.status === "accepted") this.discard(item.clientMessageId);
      else this.#put({ ...rest, content: { text: item.text } });
    }
  }

  /** Drops what the log shows by now. */
  reconcile(messages: readonly Message[], position: Position | null): void {
    if (this.#items.length === 0) return;
    const seen = new Set(messages.map((message) => message.clientMessageId));
    for (const item of this.items) {
      if (seen.has(item.clientMessageId) || isPast(item.position, position)) this.discard(item.clientMessageId);
    }
  }

  /** Tries now, instead of when the wait is over. */
  kick(): void {
    clearTimeout(this.#timer);
    void this.#drain();
  }

  /** Sends nothing until it is kicked again, or more is said. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
  }

  async #drain(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let item = this.#next(); item; item = this.#next()) {
        if (!(await this.#attempt(item))) break;
      }
    } finally {
      this.#busy = false;
    }
  }

  #next(): Outgoing | undefined {
    return this.#items.find((item) => item.status !== "failed" && item.status !== "accepted");
  }

  /** Whether to go on with the next message. */
  async #attempt(item: Outgoing): Promise<boolean> {
    try {
      const { epoch, offset } = await this.#deps.deliver(item);
      this.#failures = this.#refusals = 0;
      this.#settle(item, { status: "accepted", position: { epoch, offset } });
      return true;
    } catch (error) {
      this.#refusals = isBusy(error) ? this.#refusals + 1 : 0;
      if (isTemporary(error) && this.#refusals < MAX_REFUSALS) {
        this.#waitAfter(error, item);
        return false;
      }
      this.#failures = this.#refusals = 0;
      this.#settle(item, { status: "failed", reason: error instanceof Error ? error.message : String(error) });
      return true;
    }
  }

  #waitAfter(error: unknown, item: Outgoing): void {
    this.#failures += 1;
    const asked = error instanceof ApiError ? error.retryAfter : null;
    this.#timer = setTimeout(() => void this.#drain(), (asked ?? 0) + backoff(this.#failures, FIRST_WAIT_MS));
    if (isBusy(error)) this.#update(item, { status: "waiting" });
    else if (this.#failures >= PATIENCE) this.#update(item, { status: "delayed" });
  }

  /** The end of trying. Nobody could see what becomes of one that is of another conversation. */
  #settle(item: Outgoing, edit: Partial<Outgoing>): void {
    const current = this.find(item.clientMessageId);
    if (current && !this.#isHere(current)) this.discard(item.clientMessageId);
    else this.#update(item, edit);
  }

  #isHere({ conversationId }: Outgoing): boolean {
    return conversationId === undefined || conversationId === this.#deps.conversation();
  }

  /** The visitor may have discarded the message while it was on its way. */
  #update(item: Outgoing, edit: Partial<Outgoing>): void {
    const current = this.find(item.clientMessageId);
    if (current) this.#put({ ...current, ...edit });
  }

  #put(item: Outgoing): void {
    const known = this.#items.some((old) => old.clientMessageId === item.clientMessageId);
    this.#items = known
      ? this.#items.map((old) => (old.clientMessageId === item.clientMessageId ? item : old))
      : [...this.#items, item];
    if (item.status === "accepted") this.#deps.store.remove(OUTBOX + item.clientMessageId);
    else this.#deps.store.set(OUTBOX + item.clientMessageId, item);
    this.#deps.changed();
  }
}

function isPast(mine: Position | undefined, log: Position | null): boolean {
  return mine !== undefined && log !== null && mine.epoch === log.epoch && mine.offset <= log.offset;
}

/** 128 random bits. `crypto.randomUUID` needs a secure context, which a shop on plain HTTP is not. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
