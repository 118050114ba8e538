/** A call that the visitor waits for: one at a time, and its failure is shown. */

import { useRef, useState } from "preact/hooks";
import { ApiError } from "@switchboard/client";
import type { Strings } from "./strings";

export interface Attempt {
  /** The server's code for the last failure, "" if there was no answer; null if there was none. */
  failure: string | null;
  /** Does it, then what follows; nothing while one is under way. A disabled button would lose the focus. */
  attempt(work: () => Promise<unknown>, then?: () => unknown): void;
}

export function useAttempt(): Attempt {
  const busy = useRef(false);
  const [failure, setFailure] = useState<string | null>(null);
  const run = async (work: () => Promise<unknown>, then?: () => unknown) => {
    busy.current = true;
    setFailure(null);
    try {
      await work();
      then?.();
    } catch (error) {
      setFailure(error instanceof ApiError ? error.code : "");
    } finally {
      busy.current = false;
    }
  };
  return { failure, attempt: (work, then) => void (busy.current || run(work, then)) };
}

/** What is said of a failure; nothing where there was none. */
export function whyOf(failure: string | null, strings: Strings): string | null {
  return failure === null ? null : strings[failure === "" ? "noAnswer" : "notDone"];
}
