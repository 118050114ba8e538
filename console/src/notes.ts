/** The private notes of one conversation, and who is behind it besides. Operators see them, nobody else. */

import { apply, EMPTY, LiveStream, People, TypingSignal, type AccountSession, type Frame, type Position } from "@switchboard/client";
import type { Desk } from "./desk";
import type { Note } from "./types";

/** One list of both, by time, each note once. */
export function merged(known: readonly Note[], more: readonly Note[]): readonly Note[] {
  const ids = new Set(known.map(({ noteId }) => noteId));
  const added = more.filter(({ noteId }) => !ids.has(noteId));
  return added.length === 0 ? known : [...known, ...added].sort((a, b) => a.timestamp - b.timestamp);
}

/** A place as the list says it, `epoch.offset`. */
export function positionOf(text: string): Position | null {
  const found = /^(.+)\.(\d+)$/.exec(text);
  return found ? { epoch: found[1] as string, offset: Number(found[2]) } : null;
}

export class Notes {
  readonly #id: string;
  readonly #desk: Desk;
  readonly #session: AccountSession;
  readonly #changed: () => void;
  readonly #stream: LiveStream;
  readonly #people: People;
  readonly #typing: TypingSignal;
  #all: readonly Note[] = [];
  /** The log's, of which only the place matters. */
  #log = EMPTY;
  #token = "";

  constructor(id: string, desk: Desk, session: AccountSession, changed: () => void) {
    this.#id = id;
    this.#desk = desk;
    this.#session = session;
    this.#changed = changed;
    this.#people = new People(changed);
    this.#typing = new TypingSignal((typing) => void desk.noteTyping(id, typing).catch(() => undefined));
    this.#stream = new LiveStream({
      changed,
      open: (signal) => this.#open(signal),
      receive: (frame) => this.#receive(frame),
      unauthorized: () => session.drop(this.#token),
      gone: () => undefined,
      lifetime: () => session.remaining,
    });
  }

  get all(): readonly Note[] {
    return this.#all;
  }

  /** Ids of the operators who look on. */
  get watchers(): readonly string[] {
    return this.#people.present;
  }

  /** Ids of those who write a note. */
  get writers(): readonly string[] {
    return this.#people.typing;
  }

  start(): void {
    this.#stream.start();
  }

  stop(): void {
    this.#typing.rest();
    this.#stream.stop();
    this.#people.forget();
  }

  reconnect(): void {
    this.#stream.reconnect();
  }

  type(writing: boolean): void {
    if (writing) this.#typing.write();
    else this.#typing.rest();
  }

  /** Raises what the call does: the note is then not there, and the draft should stay. */
  async add(text: string, clientNoteId: string): Promise<void> {
    this.#typing.rest(true);
    await this.#desk.addNote(this.#id, text, clientNoteId);
    await this.#fetch().catch(() => undefined); // It is saved; the stream tells of it too.
  }

  /** The list first, then what comes after it. */
  async #open(signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    if (this.#log.position === null) this.#log = { ...this.#log, position: positionOf(await this.#fetch()) };
    this.#token = await this.#session.token();
    return this.#desk.backstage(this.#id, this.#token, this.#log.position, signal);
  }

  async #fetch(): Promise<string> {
    const { notes, position } = await this.#desk.notes(this.#id);
    this.#become(merged(this.#all, notes));
    return position;
  }

  #receive(frame: Frame): boolean {
    // Another log, or one that has gone on without us: the list has what we missed, and the place after it.
    const { state, gap } = frame.type === "snapshot" ? { state: EMPTY, gap: true } : apply(this.#log, frame);
    this.#log = state;
    if (frame.type === "note.added") this.#become(merged(this.#all, [frame]));
    this.#people.receive(frame);
    return gap;
  }

  #become(all: readonly Note[]): void {
    if (all === this.#all) return;
    this.#all = all;
    this.#changed();
  }
}
