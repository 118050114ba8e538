/** Who is signed in on the host's page: its back end is asked, at the address that the script tag names. */

import { ApiError, backoff, ChatClient, isTemporary, openChat } from "@switchboard/client";
import type { Options } from "./options";

const FIRST_WAIT_MS = 1_000;
const PATIENCE_MS = 15_000;
const NOBODY = [204, 401];

/** The visitor's chat. Tried again for as long as the network or a server is at fault; null once the page is left. */
export async function openFor({ server, identity }: Options, leaving: AbortSignal): Promise<ChatClient | null> {
  if (identity === null) return new ChatClient({ server });
  for (let failures = 1; !leaving.aborted; failures += 1) {
    try {
      return await openChat({ server, identity: () => fetchIdentity(identity) });
    } catch (error) {
      if (!isTemporary(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, backoff(failures, FIRST_WAIT_MS)));
    }
  }
  return null;
}

/** The JWT at that address; null where the answer says that nobody is signed in. Raises `ApiError` for any other. */
export async function fetchIdentity(url: string): Promise<string | null> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(url, { credentials: "same-origin", cache: "no-store", signal });
  if (NOBODY.includes(response.status)) return null;
  const answer: unknown = await response.json().catch(() => null);
  const identity = (answer as { identity?: unknown } | null)?.identity;
  if (response.ok && typeof identity === "string") return identity;
  const temporary = response.status >= 500 || response.status === 429;
  const message = `${url} answered ${response.status}, not {"identity": "…"}, 204 or 401`;
  throw new ApiError({ code: "no_identity", message, temporary });
}
