/** How a conversation is read and written, whatever carries it. */

import type { Frame, HasRead, Position, Read, Receipt, Send, Stop, Stopping, Told, Typing } from "./types.ts";

/** Which conversation, and as whom. */
export interface Where {
  token: string;
  conversationId: string;
}

/** Each command with what it carries and what it answers. */
export interface Commands {
  send: { body: Send; answer: Receipt };
  typing: { body: Typing; answer: Told };
  read: { body: Read; answer: HasRead };
  stop: { body: Stop; answer: Stopping };
}

/** Both methods raise `ApiError` for the server's refusal, and anything else when there is no answer. */
export interface Transport {
  /**
   * Every frame after the position, until the server closes. Reading raises when the connection breaks or the signal is
   * aborted; to stop reading closes the connection.
   */
  open(where: Where, position: Position | null, signal: AbortSignal): Promise<AsyncIterable<Frame>>;

  command<Name extends keyof Commands>(
    where: Where,
    name: Name,
    body: Commands[Name]["body"],
  ): Promise<Commands[Name]["answer"]>;
}
