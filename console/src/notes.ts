/** The private notes of one conversation: those that there are, and each that is added. Operators see them, nobody else. */

import { ApiError, isGone, LiveStream, type AccountSession, type Frame, type Link } from "@switchboard/client";
import type { BackstageEvent, Desk } from "./desk";
import type { Note } from "./types";

/** One list of both, by time, each note once. */
export function merged(known: readonly Note[], more: readonly Note[]): readonly Note[] {
  const ids = new Set(known.map(({ noteId }) => noteId));
  const added = more.filter(({ noteId }) => !ids.has(noteId));
  return added.length === 0 ? known : [...known, ...added].sort((a, b) => a.timestamp - b.timestamp);
}

export class Notes {
  readonly #id: string;
  readonly #desk: Desk;
  readonly #session: AccountSession;
  readonly #changed: () => void;
  readonly #stream: LiveStream;
  #all: readonly Note[] = [];
  #token = "";

  constructor(id: string, desk: Desk, session: AccountSession, changed: () => void) {
    this.#id = id;
    this.#desk = desk;
    this.#session = session;
    this.#changed = changed;
    this.#stream = new LiveStream({
      changed: (link) => this.#linked(link),
      open: (signal) => this.#open(signal),
      receive: (frame) => this.#receive(frame as unknown as BackstageEvent),
      unauthorized: () => session.drop(this.#token),
      gone: () => undefined,
      lifetime: () => session.remaining,
    });
  }

  get all(): readonly Note[] {
    return this.#all;
  }

  start(): void {
    this.#stream.start();
  }

  stop(): void {
    this.#stream.stop();
  }

  /** Raises what the call does: the note is then not there, and the draft should stay. */
  async add(text: string, clientNoteId: string): Promise<void> {
    await this.#desk.addNote(this.#id, text, clientNoteId);
    await this.#fetch(); // It may be on the screen before the stream tells of it.
  }

  async #open(signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    this.#token = await this.#session.token();
    return (await this.#desk.backstage(this.#id, this.#token, signal)) as AsyncIterable<unknown> as AsyncIterable<Frame>;
  }

  /** The stream first, then the list: a note that comes in between is in one of them at least. */
  #linked(link: Link): void {
    if (link === "open") void this.#fetch().catch((error: unknown) => this.#failed(error));
  }

  async #fetch(): Promise<void> {
    this.#become(merged(this.#all, await this.#desk.notes(this.#id)));
  }

  #receive(event: BackstageEvent): boolean {
    if (event.type === "note.added") this.#become(merged(this.#all, [event]));
    return false;
  }

  /** What is temporary is tried again with a new connection; a refusal is final. */
  #failed(error: unknown): void {
    if (isGone(error)) return this.stop();
    if (!(error instanceof ApiError) || error.temporary) this.#stream.reconnect();
  }

  #become(all: readonly Note[]): void {
    if (all === this.#all) return;
    this.#all = all;
    this.#changed();
  }
}
