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

export { ChatClient, type ChatOptions, type View } from "./client.ts";
export { ApiError } from "./errors.ts";
export { HttpTransport } from "./http.ts";
export type { Outgoing, OutgoingStatus } from "./outbox.ts";
export { overWebSocket, SocketTransport, type SocketLike, type WebSocketClass } from "./socket.ts";
export { apply, EMPTY, type Applied, type ChatState } from "./state.ts";
export { MemoryStore, openStore, type Store } from "./storage.ts";
export type { Link } from "./stream.ts";
export type { Commands, Transport, Where } from "./transport.ts";
export type * from "./types.ts";
