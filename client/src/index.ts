/**
 * The public part of the protocol client:
 *
 *     const chat = new ChatClient({ server: "https://chat.example" });
 *     chat.subscribe(() => render(chat.view));
 *     chat.resume();
 *     chat.send("Hello");
 *
 * `docs/client.md` tells the rest. Whoever wants the wire only takes `HttpTransport` or `SocketTransport`, and `apply`;
 * a program for those who work at the other end, as the console, has the parts of a `ChatClient` one by one.
 */

export { AccountSession } from "./account.ts";
export { backoff } from "./backoff.ts";
export { ChatClient, type ChatOptions } from "./client.ts";
export { ApiError, isGone, isTemporary, isUnauthorized } from "./errors.ts";
export { Group } from "./group.ts";
export { holderOf, type HandoffState, type QueuePlace } from "./handoff.ts";
export { HostSession, type HostIdentity } from "./host.ts";
export { HttpTransport } from "./http.ts";
export { openChat, type HostedChatOptions } from "./open.ts";
export type { Ending } from "./membership.ts";
export { Outbox, type Outgoing, type OutgoingStatus } from "./outbox.ts";
export { follow } from "./page.ts";
export { People } from "./people.ts";
export type { Identity } from "./session.ts";
export { ReadMarks, TypingSignal } from "./signals.ts";
export { overWebSocket, SocketTransport, type SocketLike, type WebSocketClass } from "./socket.ts";
export { apply, EMPTY, type Applied, type ChatState } from "./state.ts";
export { MemoryStore, openStore, PersonStore, type Store } from "./storage.ts";
export { LiveStream, type Link } from "./stream.ts";
export type { Commands, Transport, Where } from "./transport.ts";
export type * from "./types.ts";
export type { View } from "./view.ts";
