/** The calls of `/chat/v1`: Server-Sent Events to read, `POST` to write. */

import type { Guest } from "./belongings.ts";
import { ApiError } from "./errors.ts";
import type { GroupCalls } from "./group.ts";
import { readEvents } from "./sse.ts";
import type { Commands, Transport, Where } from "./transport.ts";
import type { Frame, HandoffAsked, Joinable, Me, Opened, Ownership, PersonWanted, Position } from "./types.ts";
import type { Problem, ProfileChange, Rating, Session } from "./types.ts";

/** No answer of the server is worth waiting longer for; the call is repeated. The stream has a watchdog instead. */
export const TIMEOUT_MS = 15_000;

/** A server or a proxy that asks for more is asked again all the same. */
const LONGEST_ASKED_MS = 60_000;

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? null : Math.min(LONGEST_ASKED_MS, Math.max(0, wait));
}

async function toError(response: Response): Promise<ApiError> {
  const body: Partial<Problem> | null = await response.json().catch(() => null);
  const retryAfter = parseRetryAfter(response.headers.get("Retry-After"), Date.now());
  return ApiError.ofProblem({ ...body, status: response.status }, retryAfter);
}

/** Every method raises `ApiError` for an error answer, and what `fetch` raises when there is no answer. */
export class HttpTransport implements Transport {
  readonly #base: string;

  /** `server` is an origin, with a path where a proxy adds one; no slash at its end. */
  constructor(server: string) {
    this.#base = `${server}/chat/v1`;
  }

  /** The next session of a guest, by the refresh token of the last one, which is good once; a new guest's without. */
  signIn(refreshToken: string | null, name?: string): Promise<Session> {
    return this.#post("/sessions", null, refreshToken ? { refreshToken } : name === undefined ? {} : { name });
  }

  /** Signs in whom the host's back end names in a JWT, which is good once; a guest is that person from then on. */
  signInAs(identity: string, guest: Guest | null = null): Promise<Session> {
    const { token, conversations } = guest ?? { token: null, conversations: [] };
    return this.#post("/sessions", token, { identity, ...(guest && { conversations }) });
  }

  /** Signs in whoever has an account of this server. `device`: what an earlier answer said of this browser. */
  signInByPassword(email: string, password: string, device: string | null): Promise<Session & { device?: string }> {
    return this.#post("/accounts/session", null, { email, password, ...(device !== null && { device }) });
  }

  /** The token's sign-in is over. */
  async endSession(token: string): Promise<void> {
    await this.#post("/sessions/end", token, {});
  }

  /** Takes part in the conversation that an invitation is for. */
  acceptInvitation(token: string, invitation: string): Promise<Joinable> {
    return this.#post("/invitations/accept", token, { invitation });
  }

  /** A call about who takes part. */
  group<Name extends keyof GroupCalls>(
    { token, conversationId }: Where,
    name: Name,
    body: GroupCalls[Name]["body"],
  ): Promise<GroupCalls[Name]["answer"]> {
    return this.#post(`${pathOf(conversationId)}/${name}`, token, body);
  }

  /** Asks for a person; the answer is the same where one has been asked for. */
  askForPerson({ token, conversationId }: Where, wanted: PersonWanted): Promise<HandoffAsked> {
    return this.#post(`${pathOf(conversationId)}/handoff`, token, wanted);
  }

  /** Back to the bot, as long as nobody has come: then it is a 409 `owned`. */
  stopWaiting({ token, conversationId }: Where): Promise<Ownership> {
    return this.#post(`${pathOf(conversationId)}/handoff/cancel`, token, {});
  }

  /** How the caller liked what people have settled: a 409 `conflict` where they have said otherwise before. */
  rate({ token, conversationId }: Where, rating: Rating): Promise<unknown> {
    return this.#post(`${pathOf(conversationId)}/rating`, token, rating);
  }

  /** Asks a task that runs to end, or asks again for what one that failed was to do. */
  task(token: string, taskId: string, what: "cancel" | "retry"): Promise<unknown> {
    return this.#post(`/tasks/${encodeURIComponent(taskId)}/${what}`, token, {});
  }

  /** What the caller says of themselves; it shows from the next token on. */
  changeMe(token: string, change: ProfileChange): Promise<Me> {
    return this.#post("/me", token, change);
  }

  startConversation(token: string): Promise<Opened> {
    return this.#post("/conversations", token, {});
  }

  /** Where a conversation's WebSocket is. */
  socketUrl(conversationId: string): string {
    return `${this.#base.replace(/^http/, "ws")}${pathOf(conversationId)}/socket`;
  }

  command<Name extends keyof Commands>(
    { token, conversationId }: Where,
    name: Name,
    body: Commands[Name]["body"],
  ): Promise<Commands[Name]["answer"]> {
    return this.#post(`${pathOf(conversationId)}/${name === "send" ? "messages" : name}`, token, body);
  }

  open({ token, conversationId }: Where, position: Position | null, signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    return this.listen(`${pathOf(conversationId)}/stream`, token, signal, position);
  }

  /** Any stream of the API, after the position if there is one. `path` is what follows `/chat/v1`. */
  async listen<Event = Frame>(
    path: string,
    token: string,
    signal: AbortSignal,
    position: Position | null = null,
  ): Promise<AsyncIterable<Event>> {
    const headers: Record<string, string> = { Authorization: `Bearer ${token}`, Accept: "text/event-stream" };
    if (position) headers["Last-Event-ID"] = `${position.epoch}.${position.offset}`;
    const response = await fetch(this.#base + path, { headers, signal, cache: "no-store", credentials: "omit" });
    if (response.status !== 200 || !response.body) throw await toError(response);
    return framesOf<Event>(response.body);
  }

  /** Any call of the API; without a body it is a `GET`. What has no body either, a 204, is answered with `{}`. */
  async call<Answer>(path: string, token: string | null, body?: object): Promise<Answer> {
    const headers: Record<string, string> = body ? { "Content-Type": "application/json" } : {};
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const response = await fetch(this.#base + path, {
      method: body ? "POST" : "GET",
      headers,
      body: body ? JSON.stringify(body) : null,
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw await toError(response);
    return (response.status === 204 ? {} : await response.json()) as Answer;
  }

  #post<Answer>(path: string, token: string | null, body: object): Promise<Answer> {
    return this.call(path, token, body);
  }
}

function pathOf(conversationId: string): string {
  return `/conversations/${encodeURIComponent(conversationId)}`;
}

async function* framesOf<Event>(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  for await (const data of readEvents(body)) yield JSON.parse(data) as Event;
}
