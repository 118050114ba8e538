/** What the server says against a call, and what a client may conclude from it. */

import type { CommandError, Problem } from "./types.ts";

/** Raised when the server answers with an error. Programs switch on `code`, people read `message`. */
export class ApiError extends Error {
  readonly code: string;
  /** HTTP's; 0 where the answer came over a WebSocket. */
  readonly status: number;
  /** The same call may succeed later. */
  readonly temporary: boolean;
  /** Milliseconds that the server asks us to wait, if it does. */
  readonly retryAfter: number | null;

  constructor(about: { code: string; message: string; status?: number; temporary: boolean; retryAfter?: number | null }) {
    super(about.message);
    this.code = about.code;
    this.status = about.status ?? 0;
    this.temporary = about.temporary;
    this.retryAfter = about.retryAfter ?? null;
  }

  /** From a problem body. A proxy on the way may have put any other body in its place: then `problem` has the status only. */
  static ofProblem(problem: Partial<Problem> & { status: number }, retryAfter: number | null = null): ApiError {
    const { status, code = "unknown", title = `HTTP ${status}`, detail = title } = problem;
    const temporary = status >= 500 || status === 429 || status === 408;
    return new ApiError({ code, message: detail, status, temporary, retryAfter });
  }

  static ofCommand({ code, message, temporary }: CommandError): ApiError {
    return new ApiError({ code, message, temporary });
  }
}

/** Whether the same call may succeed later: no answer at all, too busy, or a fault of the server. */
export function isTemporary(error: unknown): boolean {
  return !(error instanceof ApiError) || error.temporary;
}

/** Whether what we say stands on the log already, in other words. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === "conflict";
}

/** What a socket says where HTTP answers 429. */
const BUSY = new Set(["busy", "too_many", "rate_limited"]);

/** Whether the server has taken in as much as it can for now. */
export function isBusy(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 429 || BUSY.has(error.code));
}

/** Whether the conversation is not there, or not (or no longer) this visitor's. */
export function isGone(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.code === "blocked" || error.code === "muted") return false; // A block ends, who is muted reads: it is there.
  return error.code === "not_found" || error.status === 404 || error.status === 403 || error.status === 410;
}

export function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && (error.code === "unauthorized" || error.status === 401);
}
