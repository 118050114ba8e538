/** The calls of `/chat/v1`, and what can go wrong with them. */

import type { Accepted, Content, Created, Position, Problem, Session } from "./types";

/** No answer of the server is worth waiting longer for; the call is repeated. The stream has a watchdog instead. */
const TIMEOUT_MS = 15_000;

/** Raised when the server answers with an error. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Milliseconds that the server asks us to wait, if it does. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null) {
    super(problem.detail ?? problem.title);
    this.status = problem.status;
    this.code = problem.code;
    this.retryAfter = retryAfter;
  }
}

/** Whether the same call may succeed later: no answer at all, too busy, or a fault of the server. */
export function isTemporary(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.status >= 500 || error.status === 429 || error.status === 408;
}

/** Whether the conversation is not there, or not (or no longer) this visitor's. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 403 || error.status === 410);
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), as milliseconds from `now`. */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

async function toError(response: Response): Promise<ApiError> {
  const fallback = { status: response.status, code: "unknown", title: `HTTP ${response.status}` };
  const body: Partial<Problem> | null = await response.json().catch(() => null);
  const retryAfter = parseRetryAfter(response.headers.get("Retry-After"), Date.now());
  return new ApiError({ ...fallback, ...body, status: response.status }, retryAfter);
}

/** Every method raises `ApiError` for an error answer, and what `fetch` raises when there is no answer. */
export class Api {
  readonly #base: string;

  constructor(server: string) {
    this.#base = `${server}/chat/v1`;
  }

  /** Signs in a guest; with the token of a session that is still valid, renews that one. */
  signIn(token: string | null): Promise<Session> {
    return this.#post("/sessions", token, {});
  }

  startConversation(token: string): Promise<Created> {
    return this.#post("/conversations", token, {});
  }

  send(token: string, conversationId: string, clientMessageId: string, content: Content): Promise<Accepted> {
    const path = `/conversations/${encodeURIComponent(conversationId)}/messages`;
    return this.#post(path, token, { clientMessageId, ...content });
  }

  /** Asks the turn to stop, if it is still under way. */
  stop(token: string, conversationId: string, turnId: string): Promise<{ turnId: string | null }> {
    return this.#post(`/conversations/${encodeURIComponent(conversationId)}/stop`, token, { turnId });
  }

  /** The open body of a conversation's stream, from after `position` on. */
  async openStream(
    token: string,
    conversationId: string,
    position: Position | null,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const headers: Record<string, string> = { Authorization: `Bearer ${token}`, Accept: "text/event-stream" };
    if (position) headers["Last-Event-ID"] = `${position.epoch}.${position.offset}`;
    const url = `${this.#base}/conversations/${encodeURIComponent(conversationId)}/stream`;
    const response = await fetch(url, { headers, signal, cache: "no-store", credentials: "omit" });
    if (!response.ok || !response.body) throw await toError(response);
    return response.body;
  }

  async #post<Answer>(path: string, token: string | null, body: object): Promise<Answer> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const response = await fetch(this.#base + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw await toError(response);
    return (await response.json()) as Answer;
  }
}
