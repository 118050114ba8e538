/** The protocol client: one visitor's conversation with one server. It knows nothing of a user interface. */

import { Api, isGone, isTemporary, isUnauthorized } from "./api";
import { Outbox, type Outgoing } from "./outbox";
import { GuestSession } from "./session";
import { apply, EMPTY, type ChatState } from "./state";
import type { Store } from "./storage";
import { LiveStream, type Link } from "./stream";
import type { Accepted, Button, Content, Frame } from "./types";

const CONVERSATION = "conversation";
/** A tab in the background lets go of its connection after this: a browser opens only six to one HTTP/1.1 server. */
const HIDDEN_MS = 60_000;

export interface View {
  chat: ChatState;
  outgoing: readonly Outgoing[];
  link: Link;
  /** The earlier conversation was not found, and this is a new one. */
  restarted: boolean;
  /** Whether a conversation exists, so that there is something to connect to. */
  started: boolean;
  /** The visitor's own participant id. */
  me: string | null;
}

export class ChatClient {
  readonly #api: Api;
  readonly #store: Store;
  readonly #session: GuestSession;
  readonly #outbox: Outbox;
  readonly #stream: LiveStream;
  readonly #listeners = new Set<() => void>();
  #chat: ChatState = EMPTY;
  #conversation: string | null;
  #starting: Promise<string> | null = null;
  #restarted = false;
  /** What the stream's last connection was opened with. */
  #usedToken = "";
  #opened = "";
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(server: string, store: Store) {
    this.#api = new Api(server);
    this.#store = store;
    this.#session = new GuestSession(this.#api, store);
    this.#conversation = store.get<string>(CONVERSATION);
    const changed = () => this.#changed();
    this.#outbox = new Outbox({ store, changed, deliver: (message) => this.#deliver(message) });
    this.#stream = new LiveStream({
      changed,
      open: (signal) => this.#open(signal),
      receive: (frame) => this.#receive(frame),
      unauthorized: () => this.#session.drop(this.#usedToken),
      gone: () => this.#restart(this.#opened),
      lifetime: () => this.#session.remaining,
    });
  }

  get view(): View {
    return {
      chat: this.#chat,
      outgoing: this.#outbox.items,
      link: this.#stream.link,
      restarted: this.#restarted,
      started: this.#conversation !== null,
      me: this.#session.participant?.id ?? null,
    };
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects to the conversation of an earlier visit, and says what could not be said then. */
  resume(): void {
    if (this.#conversation) this.#stream.start();
    this.#outbox.kick();
  }

  send(text: string): void {
    this.#say({ text }, text);
  }

  press(button: Button): void {
    this.#say({ payload: button.payload }, button.title);
  }

  /** Asks the bot to stop answering. Nothing happens if that cannot be said now: the visitor may press again. */
  async stop(): Promise<void> {
    const { turn } = this.#chat;
    if (turn === null || this.#conversation === null) return;
    const token = await this.#session.token();
    await this.#api.stop(token, this.#conversation, turn).catch((error: unknown) => {
      if (!(isTemporary(error) || isGone(error) || isUnauthorized(error))) throw error;
    });
  }

  retry(clientMessageId: string): void {
    this.#outbox.retry(clientMessageId);
  }

  discard(clientMessageId: string): void {
    this.#outbox.discard(clientMessageId);
  }

  /** Leaves this conversation. The next one begins with the visitor's next message. */
  startOver(): void {
    this.#stream.stop();
    this.#outbox.clear();
    this.#leave();
    this.#restarted = false;
    this.#changed();
  }

  #say(content: Content, text: string): void {
    this.#outbox.add(content, text);
    if (this.#conversation) this.#stream.start();
  }

  /** Follows the page, until the signal is aborted: the network coming back, the tab being hidden and shown. */
  watchPage(page: Window, signal: AbortSignal): void {
    page.addEventListener("online", () => this.#networkIsBack(), { signal });
    page.addEventListener("pageshow", (event) => event.persisted && this.#networkIsBack(), { signal });
    page.document.addEventListener("visibilitychange", () => this.#visibilityChanged(page.document), { signal });
    signal.addEventListener("abort", () => this.#stream.stop());
  }

  #networkIsBack(): void {
    this.#stream.reconnect();
    this.#outbox.kick();
  }

  #visibilityChanged(document: Document): void {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "hidden") {
      this.#hiddenTimer = setTimeout(() => this.#stream.stop(), HIDDEN_MS);
      return;
    }
    this.#stream.check();
    if (this.#stream.link === "idle") this.resume();
  }

  async #deliver(message: Outgoing, lastTry = false): Promise<Accepted> {
    const token = await this.#session.token();
    const conversation = this.#conversation ?? (await this.#start());
    try {
      return await this.#api.send(token, conversation, message.clientMessageId, message.content);
    } catch (error) {
      if (lastTry || !(isGone(error) || isUnauthorized(error))) throw error;
      if (isUnauthorized(error)) this.#session.drop(token);
      else this.#restart(conversation);
      const now = this.#outbox.items.find((item) => item.clientMessageId === message.clientMessageId);
      return this.#deliver(now ?? message, true);
    }
  }

  #start(): Promise<string> {
    this.#starting ??= this.#findOrCreate().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #findOrCreate(): Promise<string> {
    const inOtherTab = this.#store.get<string>(CONVERSATION);
    this.#conversation =
      inOtherTab ?? (await this.#api.startConversation(await this.#session.token())).conversationId;
    this.#store.set(CONVERSATION, this.#conversation);
    this.#stream.start();
    return this.#conversation;
  }

  async #open(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    this.#usedToken = await this.#session.token();
    this.#opened = this.#conversation ?? (await this.#start());
    return this.#api.openStream(this.#usedToken, this.#opened, this.#chat.position, signal);
  }

  #receive(frame: Frame): boolean {
    const { state, gap } = apply(this.#chat, frame);
    if (state !== this.#chat) {
      this.#chat = state;
      this.#outbox.reconcile(state.messages, state.position);
      this.#changed();
    }
    return gap;
  }

  /** The server no longer has our conversation: what is unsaid goes to a new one, and the visitor is told. */
  #restart(gone: string): void {
    if (this.#conversation !== gone) return; // The stream and a message may both have found out.
    this.#stream.stop();
    this.#leave();
    this.#restarted = true;
    this.#outbox.moveToNewConversation();
    this.#outbox.kick();
  }

  #leave(): void {
    if (this.#store.get<string>(CONVERSATION) === this.#conversation) this.#store.remove(CONVERSATION);
    this.#conversation = null;
    this.#chat = EMPTY;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
