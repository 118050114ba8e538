/** The same over a WebSocket: frames and commands on one connection. Commands go by `POST` while it is not open. */

import { ApiError } from "./errors.ts";
import { type HttpTransport, TIMEOUT_MS } from "./http.ts";
import type { Commands, Transport, Where } from "./transport.ts";
import type { Frame, Position, Reply } from "./types.ts";

/** What is used of a `WebSocket`: a browser's own, Node's (22 and later), or the one of the package `ws`. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(): void;
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: any) => void): void;
}

export type WebSocketClass = new (url: string) => SocketLike;

const OPEN = 1;

/** For `ChatOptions.transport`: everything on one WebSocket instead of Server-Sent Events and `POST`. */
export function overWebSocket(WebSocket: WebSocketClass = globalThis.WebSocket): (http: HttpTransport) => Transport {
  return (http) => new SocketTransport(http, WebSocket);
}

export class SocketTransport implements Transport {
  readonly #http: HttpTransport;
  readonly #WebSocket: WebSocketClass;
  #open: { conversationId: string; connection: Connection } | null = null;

  constructor(http: HttpTransport, WebSocket: WebSocketClass) {
    this.#http = http;
    this.#WebSocket = WebSocket;
  }

  async open({ token, conversationId }: Where, position: Position | null, signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    signal.throwIfAborted();
    const connection = new Connection(new this.#WebSocket(this.#http.socketUrl(conversationId)));
    signal.addEventListener("abort", () => connection.end(signal.reason), { once: true });
    try {
      await connection.opened;
      await connection.call("connect", { token, ...position });
    } catch (error) {
      connection.end(error instanceof ApiError || signal.aborted ? error : null);
      // The server may have closed with a `disconnect` frame instead of a reply: that says more.
      if (!connection.hasFrames) throw signal.aborted ? signal.reason : error;
    }
    this.#open = { conversationId, connection };
    return connection.frames();
  }

  command<Name extends keyof Commands>(
    where: Where,
    name: Name,
    body: Commands[Name]["body"],
  ): Promise<Commands[Name]["answer"]> {
    const open = this.#open;
    if (open?.connection.isOpen && open.conversationId === where.conversationId) return open.connection.call(name, body);
    return this.#http.command(where, name, body);
  }
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
  timer: ReturnType<typeof setTimeout>;
}

/** One WebSocket, from its opening to its end. */
class Connection {
  readonly opened: Promise<void>;
  readonly #socket: SocketLike;
  readonly #waiting = new Map<number, Waiting>();
  /** What has come and was not taken; the reader takes at once, so this holds what comes in one go. */
  #frames: Frame[] = [];
  #arrived: () => void = () => undefined;
  #over = false;
  /** Why it ended, unless the server closed it in good order. */
  #failure: unknown = null;
  #lastId = 0;

  constructor(socket: SocketLike) {
    this.#socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("close", () => reject(new Error("the WebSocket did not open")));
    });
    this.opened.catch(() => undefined); // Whoever aborted it does not wait for it.
    socket.addEventListener("message", (event) => this.#receive(event.data));
    socket.addEventListener("error", () => this.end(new Error("the WebSocket failed")));
    socket.addEventListener("close", () => this.end(null));
  }

  get isOpen(): boolean {
    return !this.#over && this.#socket.readyState === OPEN;
  }

  get hasFrames(): boolean {
    return this.#frames.length > 0;
  }

  call<Answer>(name: string, body: object): Promise<Answer> {
    const id = (this.#lastId += 1);
    return new Promise<Answer>((resolve, reject) => {
      if (!this.isOpen) return reject(new Error("the WebSocket is closed"));
      const timer = setTimeout(() => this.end(new Error("no reply")), TIMEOUT_MS);
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject, timer });
      this.#socket.send(JSON.stringify({ id, [name]: body }));
    });
  }

  async *frames(): AsyncGenerator<Frame> {
    try {
      for (;;) {
        const frames = this.#frames;
        this.#frames = [];
        yield* frames;
        if (frames.length > 0) continue;
        if (this.#failure) throw this.#failure;
        if (this.#over) return;
        await new Promise<void>((resolve) => (this.#arrived = resolve));
      }
    } finally {
      this.end(null);
    }
  }

  /** What waits for a reply will get none: it may be said again, since nothing is done twice. */
  end(failure: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(failure ?? new Error("the WebSocket was closed"));
    }
    this.#waiting.clear();
    this.#socket.close();
    this.#arrived();
  }

  #receive(data: unknown): void {
    if (this.#over) return;
    const message = parse(data);
    if (message === null) return this.end(new Error("a WebSocket frame is no JSON object"));
    if ("id" in message) return this.#settle(message);
    this.#frames.push(message);
    this.#arrived();
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(Number(reply.id));
    if (!waiting) return;
    this.#waiting.delete(Number(reply.id));
    clearTimeout(waiting.timer);
    if ("error" in reply) waiting.reject(ApiError.ofCommand(reply.error));
    else waiting.resolve(reply.result);
  }
}

function parse(data: unknown): Frame | Reply | null {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === "object" && value !== null ? (value as Frame | Reply) : null;
  } catch {
    return null;
  }
}
