import type { Commands, Transport, Where } from "../src/transport.ts";
import type { Frame } from "../src/types.ts";

/** Streams what the test says, until the test ends it; what is said to it fails if the test wants so. */
export class Line implements Transport {
  opened: string[] = [];
  /** What was said to it, and where. */
  said: [conversationId: string, body: object][] = [];
  failure: unknown = null;
  #wake = () => undefined as void;
  #frames: Frame[] = [];

  say(...frames: Frame[]): void {
    this.#frames.push(...frames);
    this.#wake();
  }

  async open({ conversationId }: Where, _: unknown, signal: AbortSignal): Promise<AsyncIterable<Frame>> {
    this.opened.push(conversationId);
    if (this.failure) throw this.failure;
    return this.#read(signal);
  }

  async command<Name extends keyof Commands>(where: Where, _: Name, body: object): Promise<Commands[Name]["answer"]> {
    this.said.push([where.conversationId, body]);
    throw this.failure ?? new TypeError("offline");
  }

  async *#read(signal: AbortSignal): AsyncGenerator<Frame> {
    while (!signal.aborted) {
      const frame = this.#frames.shift();
      if (frame) yield frame;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
