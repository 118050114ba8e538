/** Every call that the console makes to the server. Each raises `ApiError`, or what `fetch` raises without an answer. */

import {
  isUnauthorized,
  type AccountSession,
  type Claimed,
  type Commands,
  type Connected,
  type ConversationPage,
  type Frame,
  type HttpTransport,
  type Me,
  type Message,
  type Notes,
  type Ownership,
  type Position,
} from "@switchboard/client";
import type { Block, DeskFrame, Explanation, Status } from "./types";

/** What a stream says when it is silent, in milliseconds. */
const PING_MS = 15_000;
const RETRY_MS = 1_000;
/** The code of a `disconnect` that says so to one who takes part no longer. */
const LEFT = 3501;
/** Conversations of a customer that the card shows, and that a search finds. */
const PAST = 20;
/** Characters that can be searched for. */
const SHORTEST = 2;
const PAGE = 100;

export type DeskEvent = DeskFrame | Extract<Frame, { type: "ping" | "connected" | "disconnect" }>;

export interface MessagePage {
  messages: Message[];
  before: string | null;
}

export class Desk {
  readonly #http: HttpTransport;
  readonly #session: AccountSession;

  constructor(http: HttpTransport, session: AccountSession) {
    this.#http = http;
    this.#session = session;
  }

  me(): Promise<Me> {
    return this.#call("/me");
  }

  /** What waits and who is there, at once and at every change. Who reads it counts as there. */
  async listen(token: string, signal: AbortSignal): Promise<AsyncIterable<DeskEvent>> {
    return begun(await this.#http.listen<DeskEvent>("/desk/stream", token, signal));
  }

  /** Teams and capacity stay as they are. */
  setPresence(status: Status): Promise<unknown> {
    return this.#call("/desk/presence", { status });
  }

  /** Takes a conversation out of its queue, or out of the bot's hands. 409 `owned` if somebody was faster. */
  claim(id: string, term?: number): Promise<Claimed> {
    return this.#call(`${pathOf(id)}/claim`, term === undefined ? {} : { term });
  }

  release(id: string, to: "bot" | "queue"): Promise<Ownership> {
    return this.#call(`${pathOf(id)}/release`, { to });
  }

  transfer(id: string, participantId: string): Promise<Ownership> {
    return this.#call(`${pathOf(id)}/transfer`, { participantId });
  }

  resolve(id: string, disposition: string): Promise<Ownership> {
    return this.#call(`${pathOf(id)}/resolve`, { disposition });
  }

  /** The last ones, and the place behind them: where the stream goes on. */
  notes(id: string): Promise<Notes> {
    return this.#call(`${pathOf(id)}/notes`);
  }

  /** The same `clientNoteId` again adds nothing. */
  addNote(id: string, text: string, clientNoteId: string): Promise<unknown> {
    return this.#call(`${pathOf(id)}/notes`, { text, clientNoteId });
  }

  /** Why the bot said that. */
  why(id: string): Promise<Explanation> {
    return this.#call(`${pathOf(id)}/why`);
  }

  noteTyping(id: string, typing: boolean): Promise<unknown> {
    return this.#call(`${pathOf(id)}/notes/typing`, { typing });
  }

  /** The operators' own log: notes, who writes one, and who looks on. */
  backstage(id: string, token: string, position: Position | null, signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    return this.#http.listen(`${pathOf(id)}/backstage`, token, signal, position);
  }

  async stream(id: string, token: string, position: Position | null, signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    return lookedOn(await this.#http.open({ token, conversationId: id }, position, signal));
  }

  /** What was said before. `before` is a place that a page named, or the earliest one that is known. */
  history(id: string, before: string): Promise<MessagePage> {
    return this.#call(`${pathOf(id)}/messages?limit=${PAGE}&before=${encodeURIComponent(before)}`);
  }

  command<Name extends keyof Commands>(id: string, name: Name, body: Commands[Name]["body"]): Promise<Commands[Name]["answer"]> {
    return this.#call(`${pathOf(id)}/${name === "send" ? "messages" : name}`, body);
  }

  /** Everybody's conversations, the latest first; those alone in which that was said, or whose title has it. */
  search(words: string): Promise<ConversationPage> {
    const q = words.length < SHORTEST ? "" : `&q=${encodeURIComponent(words)}`;
    return this.#call(`/desk/conversations?limit=${PAST}${q}`);
  }

  /** What a customer has been in, the latest first. */
  conversationsOf(participantId: string): Promise<ConversationPage> {
    return this.#call(`/conversations?limit=${PAST}&participant=${encodeURIComponent(participantId)}`);
  }

  async blocks(): Promise<Block[]> {
    return (await this.#call<{ blocks: Block[] }>("/blocks")).blocks;
  }

  block(participantId: string, reason: string): Promise<Block> {
    return this.#call("/blocks", { participantId, reason });
  }

  unblock({ participantId, address }: Block): Promise<unknown> {
    return this.#call("/blocks/remove", participantId === undefined ? { address } : { participantId });
  }

  /** A token that the server refuses is renewed, and the call made once more. */
  async #call<Answer>(path: string, body?: object): Promise<Answer> {
    const token = await this.#session.token();
    try {
      return await this.#http.call<Answer>(path, token, body);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      this.#session.drop(token);
      return this.#http.call<Answer>(path, await this.#session.token(), body);
    }
  }
}

function pathOf(conversationId: string): string {
  return `/conversations/${encodeURIComponent(conversationId)}`;
}

/** Who takes part no longer, since they gave a conversation back, may look on: the end of a stream is not the last word. */
async function* lookedOn(frames: AsyncIterable<Frame>): AsyncGenerator<Frame> {
  for await (const frame of frames) {
    yield frame.type === "disconnect" && frame.code === LEFT ? { ...frame, reconnect: true } : frame;
  }
}

/** A stream that does not introduce itself, introduced: `LiveStream` then knows how long silence may last. */
async function* begun<Event>(events: AsyncIterable<Event>): AsyncGenerator<Event | Connected> {
  yield { type: "connected", epoch: "", offset: 0, recovered: false, pingInterval: PING_MS, retry: RETRY_MS };
  yield* events;
}
