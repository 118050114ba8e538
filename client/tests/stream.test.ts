import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/errors.ts";
import { LONGEST_WAIT_MS } from "../src/backoff.ts";
import { LiveStream, type Link, type StreamDeps } from "../src/stream.ts";
import type { Frame } from "../src/types.ts";
import { connected } from "./conversation.ts";

/** A connection that the test feeds. */
class Connection {
  #controller!: ReadableStreamDefaultController<Frame>;
  readonly body = new ReadableStream<Frame>({ start: (controller) => void (this.#controller = controller) });

  constructor(signal: AbortSignal) {
    signal.addEventListener("abort", () => this.fail(new DOMException("aborted", "AbortError")));
  }

  send(frame: Frame): void {
    this.#controller.enqueue(frame);
  }

  end(): void {
    this.#controller.close();
  }

  fail(error: unknown): void {
    this.#controller.error(error);
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const ping = (offset: number): Frame => ({ type: "ping", epoch: "e", offset });

let connections: Connection[];
let links: Link[];
let failures: unknown[];
let deps: StreamDeps;
let stream: LiveStream;
const last = () => connections.at(-1) as Connection;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.99);
  connections = [];
  links = [];
  failures = [];
  deps = {
    open: async (signal) => {
      const failure = failures.shift();
      if (failure) throw failure;
      connections.push(new Connection(signal));
      return last().body;
    },
    receive: vi.fn(() => false),
    changed: (link) => links.push(link),
    unauthorized: vi.fn(),
    gone: vi.fn(),
    lifetime: () => 3_600_000,
  };
  stream = new LiveStream(deps);
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function goLive(): Promise<void> {
  stream.start();
  await settle();
  last().send(connected(0, true));
  await settle();
}

describe("a connection that ends", () => {
  it.each([
    ["at the server's end", () => last().end()],
    ["with an error", () => last().fail(new TypeError("reset"))],
    ["with a disconnect that allows to come back", () => last().send({ type: "disconnect", code: 3001, reason: "shutdown", reconnect: true })],
  ])("%s is opened again within a second", async (_, cut) => {
    await goLive();
    cut();
    await settle();
    if (connections.length === 1 && links.at(-1) === "open") last().end(); // After its disconnect the server closes.
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connections).toHaveLength(2);
    expect(links).toEqual(["connecting", "open", "waiting", "connecting"]);
  });

  it("waits longer each time, but never more than 8 s", async () => {
    failures = Array.from({ length: 12 }, () => new TypeError("no network"));
    stream.start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(failures.length).toBeGreaterThan(8);
    await vi.advanceTimersByTimeAsync(12 * LONGEST_WAIT_MS);
    expect(connections.length).toBeGreaterThan(0);
  });

  it("is opened again at once when the network is back", async () => {
    failures = Array.from({ length: 6 }, () => new TypeError("no network"));
    stream.start();
    await vi.advanceTimersByTimeAsync(8_000);
    failures = [];
    stream.reconnect();
    await settle();
    expect(connections).toHaveLength(1);
  });
});

describe("silence", () => {
  it("of twice the ping interval ends the connection", async () => {
    await goLive();
    await vi.advanceTimersByTimeAsync(29_000);
    last().send(ping(0));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(connections).toHaveLength(2);
  });

  it("of ten seconds before the first frame does too", async () => {
    stream.start();
    await vi.advanceTimersByTimeAsync(11_500);
    expect(connections).toHaveLength(2);
  });

  it("is looked at when the page is shown again", async () => {
    await goLive();
    await vi.advanceTimersByTimeAsync(10_000);
    stream.check();
    await settle();
    expect(connections).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    stream.check();
    await settle();
    expect(connections).toHaveLength(2);
  });
});

it("a gap is closed by connecting again", async () => {
  await goLive();
  vi.mocked(deps.receive).mockReturnValueOnce(true);
  last().send(ping(9));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(connections).toHaveLength(2);
});

it("the connection is renewed, without a wait, when the token is", async () => {
  await goLive();
  const renewal = setInterval(() => last().send(ping(0)), 10_000);
  await vi.advanceTimersByTimeAsync(3_600_000);
  clearInterval(renewal);
  expect(connections).toHaveLength(2);
});

describe("a refusal", () => {
  const unauthorized = ApiError.ofProblem({ status: 401, code: "unauthorized", title: "No" });

  it("of the token is tried once more with another one", async () => {
    failures = [unauthorized];
    stream.start();
    await settle();
    expect(deps.unauthorized).toHaveBeenCalledOnce();
    expect(connections).toHaveLength(1);
  });

  it("twice in a row is final", async () => {
    failures = [unauthorized, unauthorized, unauthorized];
    stream.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures).toHaveLength(1);
    expect(links.at(-1)).toBe("refused");
  });

  it("by a final disconnect counts as one", async () => {
    await goLive();
    last().send({ type: "disconnect", code: 3500, reason: "expired", reconnect: false });
    await settle();
    expect(deps.unauthorized).toHaveBeenCalledOnce();
    expect(connections).toHaveLength(2);
  });

  it("of somebody who was removed is final: no other token helps", async () => {
    await goLive();
    last().send({ type: "disconnect", code: 3501, reason: "no longer in this conversation", reconnect: false });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(links.at(-1)).toBe("refused");
    expect(connections).toHaveLength(1);
    expect(deps.unauthorized).not.toHaveBeenCalled();
  });

  it("of the conversation ends the stream and is told", async () => {
    failures = [ApiError.ofProblem({ status: 404, code: "not_found", title: "No" })];
    stream.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(deps.gone).toHaveBeenCalledOnce();
    expect(connections).toHaveLength(0);
  });
});

it("stopped, it stays stopped, and starts anew", async () => {
  await goLive();
  stream.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(connections).toHaveLength(1);
  expect(stream.link).toBe("idle");
  expect(vi.getTimerCount()).toBe(0); // One would keep a program in Node from ending.
  stream.start();
  await settle();
  expect(connections).toHaveLength(2);
});
