/**
 * The public part of the protocol client:
 *
 *     const chat = new ChatClient({ server: "https://chat.example" });
 *     chat.subscribe(() => render(chat.view));
 *     chat.resume();
 *     chat.send("Hello");
 *
 * `docs/client.md` tells the rest. Whoever wants the wire only takes `HttpTransport` or `SocketTransport`, and `apply`.
 */

export { backoff } from "./backoff.ts";
export { ChatClient, type ChatOptions } from "./client.ts";
export { ApiError, isTemporary } from "./errors.ts";
export { Group } from "./group.ts";
export { holderOf, type HandoffState, type QueuePlace } from "./handoff.ts";
export { HostSession, type HostIdentity } from "./host.ts";
export { HttpTransport } from "./http.ts";
export { openChat, type HostedChatOptions } from "./open.ts";
export type { Ending } from "./membership.ts";
export type { Outgoing, OutgoingStatus } from "./outbox.ts";
export type { Identity } from "./session.ts";
export { overWebSocket, SocketTransport, type SocketLike, type WebSocketClass } from "./socket.ts";
export { apply, EMPTY, type Applied, type ChatState } from "./state.ts";
export { MemoryStore, openStore, type Store } from "./storage.ts";
export type { Link } from "./stream.ts";
export type { Commands, Transport, Where } from "./transport.ts";
export type * from "./types.ts";
export type { View } from "./view.ts";
