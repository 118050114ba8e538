/** A chat for whoever is signed in at the site that embeds it. */

import { Belongings } from "./belongings.ts";
import { ChatClient, type ChatOptions } from "./client.ts";
import { HostSession, isSignedOut, type HostIdentity } from "./host.ts";
import { HttpTransport } from "./http.ts";
import { openStore, PersonStore } from "./storage.ts";

export interface HostedChatOptions extends Omit<ChatOptions, "identity"> {
  /** Fetches a fresh JWT from the host's back end, at first and for every renewal; null if nobody is signed in. */
  identity: HostIdentity;
}

/**
 * The chat of the person who is signed in, with the conversation that they began as a guest; a guest's if nobody is. Raises what `identity` raises, and `ApiError` if the
 * server does not take it: a guest's chat would then show to whoever comes next what a signed-in person writes.
 */
export async function openChat({ identity, ...options }: HostedChatOptions): Promise<ChatClient> {
  const http = new HttpTransport(options.server.replace(/\/$/, ""));
  const store = options.store ?? openStore("localStorage", options.server);
  const belongings = new Belongings(http, store);
  const session = new HostSession(http, identity, belongings);
  try {
    await session.token();
  } catch (error) {
    if (isSignedOut(error)) return new ChatClient({ ...options, store });
    throw error;
  }
  const { participant, taken } = session;
  if (participant) belongings.handOver(new PersonStore(store, participant.id), taken);
  return new ChatClient({ ...options, store, identity: session });
}
