import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/errors.ts";
import { Outbox, type Outgoing } from "../src/outbox.ts";
import { MemoryStore } from "../src/storage.ts";
import type { Receipt, Message } from "../src/types.ts";
import { ADA } from "./conversation.ts";

const refused = (status: number, retryAfter: number | null = null) =>
  ApiError.ofProblem({ status, code: "c", title: "t", detail: "Not like this." }, retryAfter);

class Server {
  failures: unknown[] = [];
  got: Outgoing[] = [];

  deliver = async (message: Outgoing): Promise<Receipt> => {
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.got.push(message);
    return { messageId: `m${this.got.length}`, epoch: "e", offset: 10 + this.got.length, duplicate: false };
  };
}

let store: MemoryStore;
let server: Server;
let conversation: string | null;
const open = (takesUnplaced = true) =>
  new Outbox({
    store,
    deliver: server.deliver,
    changed: () => undefined,
    conversation: () => conversation,
    takesUnplaced: () => takesUnplaced,
  });
const statuses = (outbox: Outbox) => outbox.items.map(({ text, status }) => [text, status]);
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.99);
  store = new MemoryStore();
  server = new Server();
  conversation = "c_1";
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("sending", () => {
  it("goes in order, each with an id of its own", async () => {
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    outbox.add({ payload: "/two" }, "Two");
    await settle();
    expect(server.got.map((item) => item.content)).toEqual([{ text: "one" }, { payload: "/two" }]);
    expect(new Set(server.got.map((item) => item.clientMessageId)).size).toBe(2);
    expect(server.got[0]?.clientMessageId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("stays visible until the log shows it", async () => {
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    expect(statuses(outbox)).toEqual([["one", "accepted"]]);
    const echo = { clientMessageId: outbox.items[0]?.clientMessageId, author: ADA } as Message;
    outbox.reconcile([echo], { epoch: "e", offset: 11 });
    expect(outbox.items).toEqual([]);
  });

  it("is dropped when the log is past it, even if the message itself was trimmed", async () => {
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    outbox.reconcile([], { epoch: "e", offset: 10 });
    expect(outbox.items).toHaveLength(1);
    outbox.reconcile([], { epoch: "e", offset: 11 });
    expect(outbox.items).toEqual([]);
  });
});

describe("temporary failures", () => {
  it.each([new TypeError("no network"), refused(500), refused(503), refused(429)])("are tried again: %s", async (failure) => {
    server.failures = [failure];
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    expect(statuses(outbox)).toEqual([["one", failure instanceof ApiError && failure.status === 429 ? "waiting" : "sending"]]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.got).toHaveLength(1);
  });

  it("wait as long as the server asks", async () => {
    server.failures = [refused(429, 5_000)];
    open().add({ text: "one" }, "one");
    await vi.advanceTimersByTimeAsync(4_900);
    expect(server.got).toEqual([]);
    await vi.advanceTimersByTimeAsync(700);
    expect(server.got).toHaveLength(1);
  });

  it("are told after three in a row, and do not let a later message pass", async () => {
    server.failures = Array.from({ length: 4 }, () => new TypeError("no network"));
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    outbox.add({ text: "two" }, "two");
    await vi.advanceTimersByTimeAsync(1_600);
    expect(statuses(outbox)).toEqual([["one", "delayed"], ["two", "sending"]]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.got.map((item) => item.text)).toEqual(["one", "two"]);
  });

  it("are not cut short by another message", async () => {
    server.failures = [refused(429, 5_000)];
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    outbox.add({ text: "two" }, "two");
    await settle();
    expect(server.got).toEqual([]);
  });

  it("end at once when the network comes back", async () => {
    server.failures = [refused(503, 60_000)];
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    outbox.kick();
    await settle();
    expect(server.got).toHaveLength(1);
  });
});

describe("a server that has too much to do", () => {
  const busy = () => Array.from({ length: 100 }, () => refused(429, 2_000));

  it("is told at once, and the message goes out when there is room, before those that were said later", async () => {
    server.failures = busy().slice(0, 4);
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    outbox.add({ text: "two" }, "two");
    expect(statuses(outbox)).toEqual([["one", "waiting"], ["two", "sending"]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.got.map((item) => item.text)).toEqual(["one", "two"]);
    expect(statuses(outbox)).toEqual([["one", "accepted"], ["two", "accepted"]]);
  });

  it("is not asked for ever: then the visitor decides", async () => {
    server.failures = busy();
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(outbox.items[0]).toMatchObject({ status: "failed", reason: "Not like this." });
    expect(server.failures).toHaveLength(80);
    server.failures = [];
    outbox.retry(outbox.items[0]?.clientMessageId as string);
    await settle();
    expect(statuses(outbox)).toEqual([["one", "accepted"]]);
  });

  it("is known over a WebSocket by its code", async () => {
    server.failures = [ApiError.ofCommand({ code: "busy", message: "Not now.", temporary: true })];
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    expect(statuses(outbox)).toEqual([["one", "waiting"]]);
  });

  it("is asked again after a reload", async () => {
    server.failures = [refused(429, 2_000)];
    open().add({ text: "one" }, "one");
    await settle();
    const after = open();
    after.kick();
    await settle();
    expect(statuses(after)).toEqual([["one", "accepted"]]);
  });
});

describe("a message that the server refuses", () => {
  it("is marked with the reason, and lets the next one pass", async () => {
    server.failures = [refused(400)];
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    outbox.add({ text: "two" }, "two");
    await settle();
    expect(outbox.items[0]).toMatchObject({ status: "failed", reason: "Not like this." });
    expect(server.got.map((item) => item.text)).toEqual(["two"]);
  });

  it("can be tried again with the same id, or removed", async () => {
    server.failures = [refused(400)];
    const outbox = open();
    outbox.add({ text: "one" }, "one");
    await settle();
    const id = outbox.items[0]?.clientMessageId as string;
    outbox.retry(id);
    await settle();
    expect(server.got[0]?.clientMessageId).toBe(id);
    outbox.discard(id);
    expect(outbox.items).toEqual([]);
    expect(store.keys("")).toEqual([]);
  });
});

describe("a reload", () => {
  it("keeps what was not accepted, with its id and order", async () => {
    server.failures = [new TypeError("offline")];
    const before = open();
    before.add({ text: "one" }, "one");
    await settle();
    before.add({ payload: "/two" }, "Two");
    const ids = before.items.map((item) => item.clientMessageId);
    const after = open();
    expect(after.items.map((item) => item.clientMessageId)).toEqual(ids);
    after.kick();
    await settle();
    expect(server.got.map((item) => item.clientMessageId)).toEqual(ids);
  });

  it("forgets what was accepted: the log has it", async () => {
    open().add({ text: "one" }, "one");
    await settle();
    expect(open().items).toEqual([]);
  });
});

it("in a new conversation a button's payload becomes its title", async () => {
  server.failures = [new TypeError("offline")];
  const outbox = open();
  outbox.add({ payload: "/two" }, "Two");
  await settle();
  conversation = null;
  outbox.moveToNewConversation("c_1");
  outbox.kick();
  await settle();
  expect(server.got[0]).toMatchObject({ content: { text: "Two" } });
  expect(server.got[0]).not.toHaveProperty("conversationId");
});

describe("what was said in another conversation", () => {
  beforeEach(async () => {
    server.failures = [new TypeError("offline")];
    open().add({ text: "for the first" }, "for the first");
    await settle();
    conversation = "c_2";
  });

  it("is not shown here, and goes out with the name of its own", async () => {
    const outbox = open();
    outbox.add({ text: "for the second" }, "for the second");
    expect(outbox.items.map(({ text }) => text)).toEqual(["for the second"]);
    outbox.kick();
    await settle();
    expect(server.got.map(({ text, conversationId }) => [text, conversationId])).toEqual([
      ["for the first", "c_1"],
      ["for the second", "c_2"],
    ]);
    expect(store.keys("outbox:")).toEqual([]);
  });

  it("is given up where it is refused there", async () => {
    server.failures = [refused(404)];
    const outbox = open();
    outbox.kick();
    await settle();
    expect([outbox.items, store.keys("")]).toEqual([[], []]);
  });

  it("stays when what was said here is forgotten", () => {
    const outbox = open();
    outbox.add({ text: "for the second" }, "for the second");
    outbox.clear();
    expect(store.keys("outbox:").map((key) => store.get<Outgoing>(key)?.text)).toEqual(["for the first"]);
  });
});

describe("what was said before there was a conversation", () => {
  beforeEach(async () => {
    conversation = null;
    server.failures = [new TypeError("offline")];
    open().add({ text: "one" }, "one");
    await settle();
    conversation = "c_1";
  });

  it("is of the one that it begins", () => {
    const outbox = open();
    outbox.place("c_1");
    expect(store.get(store.keys("outbox:")[0] as string)).toMatchObject({ conversationId: "c_1" });
  });

  it("waits for one of its own where others would read it", async () => {
    const outbox = open(false);
    outbox.kick();
    await settle();
    expect([outbox.items, server.got, store.keys("outbox:").length]).toEqual([[], [], 1]);
  });
});
