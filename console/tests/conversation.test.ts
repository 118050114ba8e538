import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryStore, type AccountSession, type Frame } from "@switchboard/client";
import { OpenConversation } from "../src/conversation";
import type { Desk } from "../src/desk";
import { ada, aMessage, bot, maya, ME } from "./cases";

/** The server's end of a stream. */
class Line {
  readonly #frames: Frame[] = [];
  #wake: () => void = () => undefined;
  #closed = false;

  push(...frames: unknown[]): void {
    this.#frames.push(...(frames as Frame[]));
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *read(): AsyncGenerator<Frame> {
    for (;;) {
      for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) yield frame;
      if (this.#closed) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function connected(offset: number) {
  return { type: "connected", epoch: "e", offset, recovered: false, pingInterval: 15_000, retry: 1 };
}

function snapshot(offset: number, owner: string) {
  const none = { host: null, muted: [], title: null, closed: false, tasks: [], turn: null, slots: {}, read: {} };
  return {
    ...none, type: "snapshot", epoch: "e", offset, conversationId: "c_1", owner,
    participants: [ada, bot, maya], messages: [aMessage(1)],
  };
}

function setUp() {
  const lines: Line[] = [];
  const desk = {
    stream: vi.fn(async () => {
      lines.push(new Line());
      return (lines.at(-1) as Line).read();
    }),
    backstage: vi.fn(async () => new Line().read()),
    notes: vi.fn(async () => []),
    command: vi.fn(async () => ({ messageId: "m9", epoch: "e", offset: 9, duplicate: false })),
  };
  const session = { token: async () => "t", drop: vi.fn(), remaining: 3_600_000 };
  const open = new OpenConversation("c_1", ME, {
    desk: desk as unknown as Desk,
    session: session as unknown as AccountSession,
    store: new MemoryStore(),
    changed: () => undefined,
  });
  open.start();
  const line = (number = 0) => vi.waitFor(() => lines[number] ?? Promise.reject(new Error("not opened")));
  const becomes = (hindrance: string | null) => vi.waitFor(() => expect(open.view.hindrance).toBe(hindrance));
  return { open, desk, line, becomes };
}

let opened: OpenConversation | undefined;
afterEach(() => opened?.close());

describe("an open conversation", () => {
  it("takes replies once all that the log had is there, and none after the connection is lost", async () => {
    const { open, desk, line, becomes } = setUp();
    opened = open;
    const first = await line();
    first.push(connected(2));
    expect(open.send("too early")).toBe(false);
    first.push(snapshot(1, `operator:${ME}`));
    await vi.waitFor(() => expect(open.view.chat.messages).toHaveLength(1));
    expect(open.view.hindrance).toBe("catching_up");
    first.push({ ...aMessage(2), type: "message.sent", epoch: "e" });
    await becomes(null);
    expect(open.send("now")).toBe(true);
    await vi.waitFor(() => expect(desk.command).toHaveBeenCalledWith("c_1", "send", expect.objectContaining({ text: "now" })));
    first.close();
    await becomes("catching_up");
    (await line(1)).push({ ...connected(3), recovered: true });
    expect(open.send("not yet")).toBe(false);
    (await line(1)).push({ ...aMessage(3), type: "message.sent", epoch: "e" });
    await becomes(null);
  });

  it("is not the operator's any more as soon as the log says so", async () => {
    const { open, line, becomes } = setUp();
    opened = open;
    (await line()).push(connected(1), snapshot(1, `operator:${ME}`));
    await becomes(null);
    (await line()).push({ type: "owner.changed", epoch: "e", offset: 2, timestamp: 0, owner: "operator:user_jonas", term: 5 });
    await becomes("other");
    expect(open.view.holder).toEqual({ kind: "other", id: "user_jonas" });
    expect(open.send("late")).toBe(false);
  });

  it("tells customers what is read and written by whoever has it only", async () => {
    const { open, desk, line, becomes } = setUp();
    opened = open;
    (await line()).push(connected(1), snapshot(1, "bot:main"));
    await becomes("bot");
    open.type(true);
    open.see();
    expect(desk.command).not.toHaveBeenCalled();
    (await line()).push({ type: "owner.changed", epoch: "e", offset: 2, timestamp: 0, owner: `operator:${ME}`, term: 2 });
    await becomes(null);
    open.type(true);
    expect(desk.command).toHaveBeenCalledWith("c_1", "typing", { typing: true });
  });
});
