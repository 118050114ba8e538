import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChatClient } from "../src/client.ts";
import { ApiError } from "../src/errors.ts";
import { MEMBERSHIP } from "../src/membership.ts";
import type { Identity } from "../src/session.ts";
import { MemoryStore, PersonStore } from "../src/storage.ts";
import { ADA } from "./conversation.ts";
import { Line } from "./line.ts";

/** Hands out a token when the test says so. */
class SlowSession implements Identity {
  readonly participant = ADA;
  readonly remaining = 3_600_000;
  ready = true;
  #waiting: (() => void)[] = [];

  async token(): Promise<string> {
    if (!this.ready) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return "token";
  }

  goOn(): void {
    this.ready = true;
    for (const go of this.#waiting.splice(0)) go();
  }

  drop(): void {}
}

let created: number;
let creating: Promise<void>;
let shared: MemoryStore;
let mine: PersonStore;
let line: Line;
let session: SlowSession;
const settle = () => vi.advanceTimersByTimeAsync(0);
const open = () => new ChatClient({ server: "http://chat.example", store: shared, identity: session, transport: () => line });
const where = () => line.said.map(([conversation, body]) => [conversation, (body as { text?: string }).text]);

beforeEach(() => {
  vi.useFakeTimers();
  created = 0;
  creating = Promise.resolve();
  shared = new MemoryStore();
  mine = new PersonStore(shared, ADA.id);
  line = new Line();
  session = new SlowSession();
  vi.stubGlobal("fetch", async (url: string) => {
    if (url.endsWith("/invitations/accept")) return Response.json({ conversationId: "c_group" });
    await creating;
    created += 1;
    return Response.json({ conversationId: `c_new${created}`, epoch: "e", offset: 1 }, { status: 201 });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("what was said in one conversation", () => {
  it("is not said in one that was joined while it was on its way", async () => {
    mine.set("conversation", "c_1");
    const chat = open();
    session.ready = false;
    chat.send("between us");
    await settle();
    session.ready = true;
    await chat.join("i");
    session.goOn();
    await settle();
    chat.send("to all");
    await settle();
    expect(where()).toEqual([["c_group", "to all"]]);
  });

  it("is not said in one that was joined while its own was begun", async () => {
    let begin = () => undefined as void;
    creating = new Promise((resolve) => (begin = resolve));
    const chat = open();
    chat.send("to the bot");
    await settle();
    await chat.join("i");
    begin();
    await settle();
    expect(where()).toEqual([]);
    expect([mine.get("conversation"), chat.view.outgoing]).toEqual(["c_group", []]);
  });

  it("is sent there after a reload, when another tab has gone over to a group", async () => {
    mine.set("conversation", "c_1");
    open().send("between us");
    await settle();
    mine.set("conversation", "c_group");
    line.said = [];
    const after = open();
    expect(after.view.outgoing).toEqual([]);
    after.resume();
    await settle();
    expect(where()).toEqual([["c_1", "between us"]]);
  });

  it("begins one of its own where another tab has joined a group meanwhile", async () => {
    const chat = open();
    mine.set("conversation", "c_group");
    mine.set(MEMBERSHIP, { conversationId: "c_group", is: "shared" });
    chat.send("to the bot");
    await settle();
    expect(where()).toEqual([["c_new1", "to the bot"]]);
    expect(mine.get("conversation")).toBe("c_group"); // After a reload they are there again.
  });

  it("goes to the conversation of one's own that another tab has begun", async () => {
    const chat = open();
    mine.set("conversation", "c_tab");
    chat.send("to the bot");
    await settle();
    expect([where(), created]).toEqual([[["c_tab", "to the bot"]], 0]);
  });

  it("goes to a new one where its own has gone, once", async () => {
    mine.set("conversation", "c_1");
    line.failure = ApiError.ofProblem({ status: 404, code: "not_found" });
    const chat = open();
    chat.send("still here?");
    await settle();
    expect(where()).toEqual([["c_1", "still here?"], ["c_new1", "still here?"]]);
    expect(chat.view.restarted).toBe(true);
  });
});

it("a stream that was about to open begins no conversation when the person starts over", async () => {
  mine.set("conversation", "c_1");
  session.ready = false;
  const chat = open();
  chat.resume();
  await settle();
  chat.startOver();
  session.goOn();
  await settle();
  expect([created, line.opened, chat.view.started]).toEqual([0, [], false]);
});

it("an invitation is to the conversation in which it was asked for, or to none", async () => {
  let begin = () => undefined as void;
  creating = new Promise((resolve) => (begin = resolve));
  const asked = vi.fn<typeof fetch>();
  const chat = open();
  const inviting = chat.group.invite();
  await settle();
  await chat.join("i");
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => (asked(url), answer(url, init)));
  begin();
  await inviting;
  expect(asked.mock.calls.map(([url]) => url)).toEqual(["http://chat.example/chat/v1/conversations/c_new1/invitations"]);
});
