/** One conversation as an operator has it open: live, with what was before, its notes, and what is on its way. */

import {
  apply,
  EMPTY,
  LiveStream,
  Outbox,
  People,
  PersonStore,
  ReadMarks,
  TypingSignal,
  type AccountSession,
  type ChatState,
  type Frame,
  type Link,
  type Message,
  type Outgoing,
  type Store,
} from "@switchboard/client";
import type { Desk } from "./desk";
import { Earlier } from "./earlier";
import { marked, type Mark } from "./marks";
import { Notes } from "./notes";
import { hindranceOf, holderOf, type Hindrance, type Holder } from "./ownership";
import type { Note } from "./types";

export interface ConversationView {
  id: string;
  chat: ChatState;
  /** Before those of `chat`. */
  earlier: readonly Message[];
  /** Whether there may be more, whether a page is on its way, and whether the last one did not come. */
  history: { more: boolean; loading: boolean; failed: boolean };
  notes: readonly Note[];
  marks: readonly Mark[];
  outgoing: readonly Outgoing[];
  typing: readonly string[];
  present: readonly string[];
  /** Other operators who look on, and those of them who write a note. */
  watchers: readonly string[];
  noteWriters: readonly string[];
  link: Link;
  holder: Holder;
  /** Why nothing can be said to the customer now. */
  hindrance: Hindrance | null;
  /** The server knows of no such conversation, or does not let this operator see it. */
  missing: boolean;
}

export interface ConversationDeps {
  desk: Desk;
  session: AccountSession;
  /** The operator's own. */
  store: Store;
  changed(): void;
}

export class OpenConversation {
  readonly id: string;
  readonly #me: string;
  readonly #deps: ConversationDeps;
  readonly #stream: LiveStream;
  readonly #people: People;
  readonly #outbox: Outbox;
  readonly #typing: TypingSignal;
  readonly #reading: ReadMarks;
  readonly #notes: Notes;
  readonly #earlier: Earlier;
  #chat: ChatState = EMPTY;
  #marks: readonly Mark[] = [];
  /** Where the log was when the connection was made; until then what is shown may be old. */
  #target: { epoch: string; offset: number } | null = null;
  #live = true;
  #missing = false;
  #token = "";

  constructor(id: string, me: string, deps: ConversationDeps) {
    const { desk, session, changed } = deps;
    this.id = id;
    this.#me = me;
    this.#deps = deps;
    this.#people = new People(changed);
    this.#typing = new TypingSignal((typing) => void desk.command(id, "typing", { typing }).catch(() => undefined));
    this.#reading = new ReadMarks((upTo) => desk.command(id, "read", { upTo }));
    this.#notes = new Notes(id, desk, session, changed);
    this.#earlier = new Earlier(id, desk, changed);
    this.#outbox = new Outbox({
      store: new PersonStore(deps.store, id),
      conversation: () => id,
      takesUnplaced: () => false,
      changed,
      deliver: ({ clientMessageId, content }) => desk.command(id, "send", { clientMessageId, ...content }),
    });
    this.#stream = new LiveStream({
      changed: (link) => this.#linked(link),
      open: (signal) => this.#open(signal),
      receive: (frame) => this.#receive(frame),
      unauthorized: () => session.drop(this.#token),
      gone: () => this.#gone(),
      lifetime: () => session.remaining,
    });
  }

  get view(): ConversationView {
    const { messages, more, loading, failed } = this.#earlier;
    const holder = this.#holder;
    return {
      id: this.id,
      chat: this.#chat,
      earlier: messages,
      history: { more, loading, failed },
      notes: this.#notes.all,
      marks: this.#marks,
      outgoing: this.#outbox.items,
      typing: this.#people.typing.filter((id) => id !== this.#me),
      present: this.#people.present,
      watchers: this.#notes.watchers.filter((id) => id !== this.#me),
      noteWriters: this.#notes.writers.filter((id) => id !== this.#me),
      link: this.#stream.link,
      holder,
      hindrance: hindranceOf(holder, this.#caughtUp, this.#chat.closed),
      missing: this.#missing,
    };
  }

  start(): void {
    this.#stream.start();
    this.#notes.start();
    this.#outbox.kick();
  }

  /** Ends every connection and timer. What is unsaid stays in the store. */
  close(): void {
    this.#typing.rest();
    this.rest();
    this.#outbox.pause();
    this.#reading.stop();
  }

  reconnect(): void {
    this.#stream.reconnect();
    this.#notes.reconnect();
    this.#outbox.kick();
  }

  /** The page is looked at again. */
  check(): void {
    this.start();
    this.#stream.check();
  }

  /** Nobody is likely to look soon: the connections are let go, of which a browser has six to one HTTP/1.1 server. */
  rest(): void {
    this.#stream.stop();
    this.#notes.stop();
    this.#people.forget();
  }

  /** Says something to the customer; false, and nothing is said, where that cannot be now. */
  send(text: string): boolean {
    if (this.view.hindrance !== null) return false;
    this.#typing.rest(true);
    this.#outbox.add({ text }, text);
    return true;
  }

  retry(clientMessageId: string): void {
    this.#outbox.retry(clientMessageId);
  }

  discard(clientMessageId: string): void {
    this.#outbox.discard(clientMessageId);
  }

  /** To be called at every change of a reply's draft. Who only watches writes to nobody. */
  type(writing: boolean): void {
    if (writing && this.#holder.kind === "mine") this.#typing.write();
    else this.#typing.rest();
  }

  /** The same for a note's, which other operators are told. */
  typeNote(writing: boolean): void {
    this.#notes.type(writing);
  }

  /** The operator has the end before their eyes. Customers are told by whoever answers them, and nobody else. */
  see(): void {
    if (this.#holder.kind === "mine") this.#reading.see(this.#chat, this.#me);
  }

  loadEarlier(): Promise<void> {
    return this.#earlier.load(this.#chat);
  }

  /** Raises what the server or the network says against it. */
  addNote(text: string, clientNoteId: string): Promise<void> {
    return this.#notes.add(text, clientNoteId);
  }

  get #holder(): Holder {
    return holderOf(this.#chat.owner, this.#me);
  }

  get #caughtUp(): boolean {
    const { position } = this.#chat;
    if (this.#stream.link !== "open" || !this.#live || position === null || this.#target === null) return false;
    return position.epoch === this.#target.epoch && position.offset >= this.#target.offset;
  }

  async #open(signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    this.#token = await this.#deps.session.token();
    return this.#deps.desk.stream(this.id, this.#token, this.#chat.position, signal);
  }

  #receive(frame: Frame): boolean {
    const { state, gap } = apply(this.#chat, frame);
    if (frame.type === "connected") this.#connected(frame.epoch, frame.offset);
    if (frame.type === "status") this.#live = frame.live;
    if (frame.type === "snapshot" && frame.epoch !== this.#chat.position?.epoch) this.#earlier.reset();
    this.#chat = state;
    if (!gap) {
      this.#people.receive(frame);
      this.#marks = marked(this.#marks, frame);
    }
    this.#outbox.reconcile(state.messages, state.position);
    this.#deps.changed();
    return gap;
  }

  #connected(epoch: string, offset: number): void {
    this.#target = { epoch, offset };
    this.#live = true;
    this.#missing = false;
  }

  #linked(link: Link): void {
    if (link !== "open") this.#target = null;
    this.#deps.changed();
  }

  #gone(): void {
    this.#missing = true;
    this.#deps.changed();
  }
}
