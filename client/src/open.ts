/** A chat for whoever is signed in at the site that embeds it. */

import { ChatClient, type ChatOptions } from "./client.ts";
import { HostSession, isSignedOut, type HostIdentity } from "./host.ts";
import { HttpTransport } from "./http.ts";

export interface HostedChatOptions extends Omit<ChatOptions, "identity"> {
  /** Fetches a fresh JWT from the host's back end, at first and for every renewal; null if nobody is signed in. */
  identity: HostIdentity;
}

/**
 * The chat of the person who is signed in; a guest's if nobody is. Raises what `identity` raises, and `ApiError` if the
 * server does not take it: a guest's chat would then show to whoever comes next what a signed-in person writes.
 */
export async function openChat({ identity, ...options }: HostedChatOptions): Promise<ChatClient> {
  const http = new HttpTransport(options.server.replace(/\/$/, ""));
  const session = new HostSession(http, identity);
  try {
    await session.token();
  } catch (error) {
    if (isSignedOut(error)) return new ChatClient(options);
    throw error;
  }
  return new ChatClient({ ...options, identity: session });
}
