/** One person's conversation with one server: what it looks like, and what the person does. No user interface. */

import { CurrentConversation } from "./current.ts";
import { outboxOf } from "./delivery.ts";
import { isConflict } from "./errors.ts";
import { Group } from "./group.ts";
import { isNotTheirs } from "./host.ts";
import { HttpTransport } from "./http.ts";
import { Membership, type Ending } from "./membership.ts";
import type { Outbox } from "./outbox.ts";
import { follow } from "./page.ts";
import { People } from "./people.ts";
import { GuestSession, type Identity } from "./session.ts";
import { ReadMarks, TypingSignal } from "./signals.ts";
import { apply, EMPTY, type ChatState } from "./state.ts";
import { openStore, PersonStore, type Store } from "./storage.ts";
import { LiveStream } from "./stream.ts";
import type { Commands, Transport, Where } from "./transport.ts";
import type { Button, Content, Frame, HandoffAsked } from "./types.ts";
import type { View } from "./view.ts";

export interface ChatOptions {
  /** Origin of the chat server, with a path where a proxy adds one. */
  server: string;
  /** Where the session, the conversation and unsent messages are kept: the browser's `localStorage`, or else memory. */
  store?: Store;
  /** `overWebSocket()`; Server-Sent Events and `POST` if left out. */
  transport?: (http: HttpTransport) => Transport;
  /** What a new guest is called. */
  name?: string;
  /** Whom the chat speaks for, signed in already; a guest if left out. `openChat` signs in. */
  identity?: Identity;
}

/** Nothing here but `join`, `rename`, `group` and what is about tasks and persons raises for what a network or a server does: that shows in `view`. */
export class ChatClient {
  /** The others: asked in, muted, sent away. */
  readonly group: Group;
  readonly #http: HttpTransport;
  readonly #transport: Transport;
  readonly #store: Store;
  readonly #session: Identity;
  readonly #outbox: Outbox;
  readonly #stream: LiveStream;
  readonly #people: People;
  readonly #membership: Membership;
  readonly #current: CurrentConversation;
  readonly #guest: boolean;
  readonly #typing: TypingSignal;
  readonly #reading: ReadMarks;
  readonly #listeners = new Set<() => void>();
  #chat: ChatState = EMPTY;
  #live = true;
  #restarted = false;
  /** What the stream's last connection was opened with. */
  #opened: Where = { token: "", conversationId: "" };

  constructor({ server, store, transport, name, identity }: ChatOptions) {
    const changed = () => this.#changed();
    this.#http = new HttpTransport(server.replace(/\/$/, ""));
    this.#transport = transport ? transport(this.#http) : this.#http;
    const shared = store ?? openStore("localStorage", server);
    this.#store = identity ? storeOf(identity, shared) : shared;
    this.#session = identity ?? new GuestSession({ signIn: (refreshToken) => this.#http.signIn(refreshToken, name) }, shared);
    this.#guest = identity === undefined;
    this.#membership = new Membership(this.#store);
    this.#current = new CurrentConversation({
      store: this.#store,
      membership: this.#membership,
      create: async () => (await this.#http.startConversation(await this.#session.token())).conversationId,
      begun: () => this.#stream.start(),
    });
    this.#outbox = outboxOf({
      store: this.#store,
      session: this.#session,
      current: this.#current,
      membership: this.#membership,
      changed,
      send: (where, message) => this.#transport.command(where, "send", message),
      gone: (conversationId) => this.#restart(conversationId),
    });
    this.#people = new People(changed);
    this.#typing = new TypingSignal((typing) => void this.#tell("typing", { typing }).catch(() => undefined));
    this.#reading = new ReadMarks((upTo) => this.#tell("read", { upTo }));
    this.group = new Group({
      where: () => this.#here(),
      call: (where, name, body) => this.#http.group(where, name, body),
      left: (conversationId) => this.#end(conversationId, "left"),
    });
    this.#stream = new LiveStream({
      changed,
      open: (signal) => this.#open(signal),
      receive: (frame) => this.#receive(frame),
      unauthorized: () => this.#session.drop(this.#opened.token),
      gone: () => this.#restart(this.#opened.conversationId),
      lifetime: () => this.#session.remaining,
    });
  }

  get view(): View {
    const { id: me = null, name = null } = this.#session.participant ?? {};
    return {
      chat: this.#chat,
      outgoing: this.#outbox.items,
      link: this.#stream.link,
      live: this.#live,
      typing: this.#people.typing.filter((id) => id !== me),
      present: this.#people.present,
      formerly: this.#people.formerly,
      restarted: this.#restarted,
      started: this.#conversation !== null,
      ended: this.#membership.ending(this.#conversation),
      me,
      name,
      guest: this.#guest,
    };
  }

  /** Calls `listener` after every change of `view`, until the function that it returns is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects to the conversation of an earlier visit, and says what could not be said then. */
  resume(): void {
    if (this.#conversation) this.#stream.start();
    this.#outbox.kick();
  }

  /** Says something; a conversation is begun if there is none. It is kept and tried again until it is on the log. */
  send(text: string): void {
    this.#say({ text }, text);
  }

  /** Presses a button that a message offered. */
  press(button: Button): void {
    this.#say({ payload: button.payload }, button.title);
  }

  /** Asks the bot to stop answering. Nothing happens if that cannot be said now: the person may press again. */
  async stop(): Promise<void> {
    const { turn } = this.#chat;
    if (turn !== null) await this.#tell("stop", { turnId: turn }).catch(() => undefined);
  }

  /**
   * Asks for a person, in a new conversation if there is none; `available` is false where nobody is there yet. Raises as
   * `rename` does.
   */
  async askForPerson(): Promise<HandoffAsked> {
    return this.#http.askForPerson(await this.#here(), { reason: "asked" });
  }

  /** Goes on with the bot instead of waiting for a person. Raises as `rename` does: `owned` once a person has come. */
  async stopWaiting(): Promise<void> {
    if (this.#conversation !== null) await this.#http.stopWaiting(await this.#here());
  }

  /**
   * Says how the person liked what people have settled, from 1 to 5, the best: once, and what was said first stands.
   * Raises as `rename` does.
   */
  async rate(handoffId: string, rating: number, comment?: string): Promise<void> {
    if (this.#conversation === null) return;
    const given = { handoffId, rating, ...(comment && { comment }) };
    await this.#http.rate(await this.#here(), given).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  /** Asks one task to end; the rest of the answer goes on. Raises as `rename` does: `ended` if it has. */
  async cancelTask(taskId: string): Promise<void> {
    await this.#http.task(await this.#session.token(), taskId, "cancel");
  }

  /** Asks again for what a failed task was to do, if the person has asked for it. Raises as `rename` does. */
  async retryTask(taskId: string): Promise<void> {
    await this.#http.task(await this.#session.token(), taskId, "retry");
  }

  /** To be called at every change of the draft; `false` when it was emptied. The others are told in moderation. */
  type(writing = true): void {
    if (writing) this.#typing.write();
    else this.#typing.rest();
  }

  /** To be called whenever the person has the end of the conversation before their eyes. The others are told once. */
  see(): void {
    this.#reading.see(this.#chat, this.#session.participant?.id ?? null);
  }

  /** Tries a message again that is `delayed` or `failed`. */
  retry(clientMessageId: string): void {
    this.#outbox.retry(clientMessageId);
  }

  /** Gives up a message that is not on the log. */
  discard(clientMessageId: string): void {
    this.#outbox.discard(clientMessageId);
  }

  /**
   * Goes over to the conversation that an invitation is for, under `name` if it is given; what is unsent is forgotten.
   * Raises `ApiError` where it lets nobody in, and then the conversation is the one of before.
   */
  async join(invitation: string, name?: string): Promise<void> {
    if (name !== undefined && name !== this.#session.participant?.name) await this.rename(name);
    const { conversationId } = await this.#http.acceptInvitation(await this.#session.token(), invitation);
    const isNew = this.#conversation !== conversationId;
    if (isNew) this.startOver();
    this.#current.enter(conversationId);
    this.#membership.admit(conversationId);
    if (isNew) this.#membership.share(conversationId);
    this.resume();
    this.#changed();
  }

  /** What we are called from our next message on. Raises `ApiError`, and what `fetch` raises when there is no answer. */
  async rename(name: string): Promise<void> {
    const token = await this.#session.token();
    await this.#http.changeMe(token, { name });
    this.#session.drop(token); // The next one says the new name.
    await this.#session.token();
    this.#changed();
  }

  /** Shows this conversation no more. The next one begins with the person's next message. */
  startOver(): void {
    this.#stream.stop();
    this.#outbox.clear();
    this.#leave();
    this.#restarted = false;
    this.#changed();
  }

  /** Ends the connection and every timer; what is unsent stays in the store. `resume` goes on. */
  close(): void {
    this.#stream.stop();
    this.#outbox.pause();
    this.#typing.rest(true);
    this.#reading.stop();
    this.#people.forget();
  }

  /** Connects anew at once: the network is known to have changed. */
  reconnect(): void {
    this.#stream.reconnect();
    this.#outbox.kick();
  }

  /** Follows the page, until the signal is aborted: the network coming back, the tab being hidden and shown. */
  watchPage(page: Window, signal: AbortSignal): void {
    follow(page, signal, {
      online: () => this.reconnect(),
      back: () => {
        this.#session.recheck?.();
        this.reconnect();
      },
      hidden: () => this.#typing.rest(),
      longHidden: () => this.#stream.stop(),
      visible: () => {
        this.#stream.check();
        if (this.#stream.link === "idle") this.resume();
      },
      ended: () => this.close(),
    });
  }

  #say(content: Content, text: string): void {
    this.#typing.rest(true);
    this.#outbox.add(content, text);
    if (this.#conversation) this.#stream.start();
  }

  get #conversation(): string | null {
    return this.#current.id;
  }

  /** A command about the conversation that there is; raises what `Transport.command` raises. */
  async #tell<Name extends keyof Commands>(name: Name, body: Commands[Name]["body"]): Promise<void> {
    const conversationId = this.#conversation; // By the time we have a token there may be another one.
    if (conversationId === null) return;
    await this.#transport.command({ token: await this.#session.token(), conversationId }, name, body);
  }

  /** The conversation that there is when it is called, which is begun if there is none. */
  async #here(): Promise<Where> {
    const conversationId = this.#conversation ?? (await this.#current.start());
    return { token: await this.#session.token(), conversationId };
  }

  async #open(signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    const conversationId = this.#conversation;
    const token = await this.#session.token().catch((error: unknown) => this.#refused(error));
    signal.throwIfAborted(); // The conversation may have been left meanwhile.
    if (conversationId === null) throw new Error("switchboard: there is no conversation to open");
    this.#opened = { token, conversationId };
    return this.#transport.open(this.#opened, this.#chat.position, signal);
  }

  /** What one person said is not shown to another. It stays on the server, and in the store. */
  #refused(error: unknown): never {
    if (isNotTheirs(error)) this.#chat = EMPTY;
    throw error;
  }

  #receive(frame: Frame): boolean {
    const { state, gap } = apply(this.#chat, frame);
    const live = frame.type === "status" ? frame.live : frame.type === "connected" || this.#live;
    const changed = state !== this.#chat || live !== this.#live;
    this.#chat = state;
    this.#live = live;
    if (!gap) this.#people.receive(frame);
    const ending = this.#membership.ending(this.#conversation);
    this.#membership.receive(frame, this.#conversation, this.#session.participant?.id ?? null, state.participants);
    if (changed || ending !== this.#membership.ending(this.#conversation)) {
      this.#outbox.reconcile(state.messages, state.position);
      this.#changed();
    }
    return gap;
  }

  #end(conversationId: string, how: Ending): void {
    if (this.#conversation !== conversationId) return;
    this.#membership.end(conversationId, how);
    this.#changed();
  }

  /**
   * The server no longer has our conversation: what is unsaid goes to a new one, and the person is told. It stays where
   * it was said if the server has it for the others only.
   */
  #restart(gone: string): void {
    if (this.#conversation !== gone) return; // The stream and a message may both have found out.
    if (this.#membership.notFound(gone)) return this.#changed();
    this.#stream.stop();
    this.#leave();
    this.#restarted = true;
    this.#outbox.moveToNewConversation(gone);
    this.#outbox.kick();
  }

  #leave(): void {
    this.#membership.forget();
    this.#current.leave();
    this.#chat = EMPTY;
    this.#live = true;
    this.#typing.rest(true);
    this.#reading.stop();
    this.#people.forget();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Everybody who signs in has things of their own, also in a browser that several people use. */
function storeOf({ participant }: Identity, shared: Store): Store {
  if (!participant) throw new Error("switchboard: `identity` must be signed in; use openChat");
  return new PersonStore(shared, participant.id);
}
