import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChatClient } from "../src/client.ts";
import { ApiError } from "../src/errors.ts";
import { Membership, MEMBERSHIP } from "../src/membership.ts";
import { MemoryStore } from "../src/storage.ts";
import type { Frame, Participant } from "../src/types.ts";
import { ADA, connected, FRESH, log } from "./conversation.ts";
import { Line } from "./line.ts";

const BEN: Participant = { id: "guest_2", role: "customer", name: "Ben" };
const GONE = ApiError.ofProblem({ status: 404, code: "not_found" });

/** What the server was asked, and answers to it by path. */
const asked: [path: string, body: unknown, token: string | null][] = [];
let answers: Record<string, (body: Record<string, unknown>) => [status: number, body: unknown]>;
let store: MemoryStore;
let line: Line;
let name: string;
const open = () => new ChatClient({ server: "http://chat.example", store, transport: () => line });
const settle = () => vi.advanceTimersByTimeAsync(0);
const session = (token: string) => ({ token, refreshToken: "r", expiresAt: Date.now() + 3_600_000, participant: { ...ADA, name } });

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  name = "Guest";
  store = new MemoryStore();
  line = new Line();
  answers = {
    "/sessions": () => [201, session(`token of ${name}`)],
    "/conversations": () => [201, { conversationId: "c_new", epoch: "e", offset: 1 }],
    "/me": (body) => [200, { name: (name = String(body["name"])) }],
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const path = url.slice("http://chat.example/chat/v1".length);
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    asked.push([path, body, new Headers(init.headers).get("Authorization")]);
    const [status, answer] = answers[path]?.(body) ?? [404, { status: 404, code: "not_found" }];
    return new Response(status === 204 ? null : JSON.stringify(answer), { status });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** In a conversation with Ben, of which the log has three entries. */
async function together(): Promise<ChatClient> {
  store.set("conversation", "c_1");
  const chat = open();
  chat.resume();
  await settle();
  line.say(connected(0, false), FRESH);
  const entries = [{ type: "participant.joined", participant: ADA }, { type: "participant.joined", participant: BEN }] as const;
  line.say(...log(...entries));
  await settle();
  return chat;
}

const left = (by?: string): Frame => log({ type: "x" as never }, { type: "x" as never }, { type: "participant.left", participantId: ADA.id, ...(by && { by }) })[2] as Frame;
const goodbye: Frame = { type: "disconnect", code: 3501, reason: "left", reconnect: false };

describe("who takes no part any more", () => {
  it.each([
    ["removed", BEN.id],
    ["left", undefined],
  ])("knows that they were %s, after a reload too", async (ending, by) => {
    const chat = await together();
    expect(chat.view.ended).toBeNull();
    line.say(left(by), goodbye);
    await settle();
    expect(chat.view).toMatchObject({ ended: ending, link: "refused", started: true });
    expect(open().view).toMatchObject({ ended: ending, started: true });
  });

  it("says nothing of it to the next conversation", async () => {
    const chat = await together();
    line.say(left(BEN.id), goodbye);
    await settle();
    line.failure = GONE;
    chat.send("to those who are there");
    await settle();
    expect(chat.view.outgoing.map(({ status }) => status)).toEqual(["failed"]);
    expect(asked.map(([path]) => path)).not.toContain("/conversations");
    chat.startOver();
    expect(chat.view).toMatchObject({ ended: null, started: false, outgoing: [] });
    expect(store.get(MEMBERSHIP)).toBeNull();
  });

  it("learns of it when they come back", async () => {
    (await together()).close();
    line.failure = GONE;
    const chat = open();
    chat.resume();
    await settle();
    expect(chat.view).toMatchObject({ ended: "left", restarted: false, link: "refused" });
  });

  it("is in again when the server lets them in", async () => {
    const chat = await together();
    line.say(left(BEN.id), goodbye);
    await settle();
    chat.resume();
    await settle();
    line.say(connected(3, true));
    await settle();
    expect(chat.view).toMatchObject({ ended: null, link: "open" });
  });
});

it("a conversation of one's own that is not found has gone, and another one begins", async () => {
  store.set("conversation", "c_1");
  line.failure = GONE;
  const chat = open();
  chat.resume();
  await settle();
  expect(chat.view).toMatchObject({ ended: null, restarted: true, started: false });
});

describe("the others", () => {
  it("are asked in, muted and sent away", async () => {
    const chat = await together();
    answers["/conversations/c_1/invitations"] = () => [201, { invitation: "i", expiresAt: 7 }];
    for (const path of ["mute", "remove", "invitations/revoke"]) answers[`/conversations/c_1/${path}`] = () => [204, null];
    asked.length = 0;
    expect(await chat.group.invite({ uses: 3 })).toEqual({ invitation: "i", expiresAt: 7 });
    await chat.group.mute(BEN.id);
    await chat.group.mute(BEN.id, false);
    await chat.group.remove(BEN.id);
    await chat.group.revokeInvitations();
    expect(asked.map(([path, body]) => [path.slice("/conversations/c_1/".length), body])).toEqual([
      ["invitations", { uses: 3 }],
      ["mute", { participantId: BEN.id, muted: true }],
      ["mute", { participantId: BEN.id, muted: false }],
      ["remove", { participantId: BEN.id }],
      ["invitations/revoke", {}],
    ]);
  });

  it("may be asked in before anything is said", async () => {
    answers["/conversations/c_new/invitations"] = () => [201, { invitation: "i", expiresAt: 7 }];
    const chat = open();
    expect(await chat.group.invite()).toMatchObject({ invitation: "i" });
    expect(chat.view.started).toBe(true);
  });

  it("stay where somebody does what they may not", async () => {
    const chat = await together();
    answers["/conversations/c_1/remove"] = () => [403, { status: 403, code: "forbidden" }];
    await expect(chat.group.remove(BEN.id)).rejects.toMatchObject({ code: "forbidden" });
    expect(chat.view.ended).toBeNull();
  });
});

describe("leaving", () => {
  it.each([204, 404])("ends it at once, also where it had ended (%i)", async (status) => {
    const chat = await together();
    answers["/conversations/c_1/leave"] = () => [status, { status, code: "not_found" }];
    await chat.group.leave();
    expect(chat.view.ended).toBe("left");
  });

  it("does not end what has been begun meanwhile", async () => {
    const chat = await together();
    answers["/conversations/c_1/leave"] = () => [204, null];
    const leaving = chat.group.leave();
    chat.startOver();
    await leaving;
    expect(asked.at(-1)?.[0]).toBe("/conversations/c_1/leave");
    expect(chat.view).toMatchObject({ ended: null, started: false });
  });
});

it("tasks are cancelled and asked for again by their own names", async () => {
  const chat = await together();
  for (const what of ["cancel", "retry"]) answers[`/tasks/k_1/${what}`] = () => [202, { taskId: "k_1" }];
  asked.length = 0;
  await chat.cancelTask("k_1");
  await chat.retryTask("k_1");
  expect(asked.map(([path, body]) => [path, body])).toEqual([["/tasks/k_1/cancel", {}], ["/tasks/k_1/retry", {}]]);
  await expect(chat.cancelTask("k_2")).rejects.toMatchObject({ code: "not_found" });
});

describe("a person of the team", () => {
  const asksFor = { handoffId: "h_1", owner: "queue:main", term: 2, available: false };

  it("is asked for, and waited for no longer", async () => {
    const chat = await together();
    answers["/conversations/c_1/handoff"] = () => [202, asksFor];
    answers["/conversations/c_1/handoff/cancel"] = () => [200, { owner: "bot:main", term: 3 }];
    asked.length = 0;
    expect(await chat.askForPerson()).toEqual(asksFor);
    await chat.stopWaiting();
    expect(asked.map(([path, body]) => [path, body])).toEqual([
      ["/conversations/c_1/handoff", { reason: "asked" }],
      ["/conversations/c_1/handoff/cancel", {}],
    ]);
  });

  it("may be asked for before anything is said", async () => {
    answers["/conversations/c_new/handoff"] = () => [202, asksFor];
    const chat = open();
    await chat.stopWaiting();
    expect(asked).toEqual([]);
    await chat.askForPerson();
    expect(chat.view.started).toBe(true);
  });

  it("who has come already is not sent away", async () => {
    const chat = await together();
    answers["/conversations/c_1/handoff/cancel"] = () => [409, { status: 409, code: "owned" }];
    await expect(chat.stopWaiting()).rejects.toMatchObject({ code: "owned" });
  });

  it("is rated, with words or without", async () => {
    const chat = await together();
    answers["/conversations/c_1/rating"] = () => [201, { offset: 9, duplicate: false }];
    asked.length = 0;
    await chat.rate("h1", 4, "Quick");
    await chat.rate("h1", 4, "");
    await chat.rate("h1", 4);
    expect(asked.map(([, body]) => body)).toEqual([
      { handoffId: "h1", rating: 4, comment: "Quick" },
      { handoffId: "h1", rating: 4 },
      { handoffId: "h1", rating: 4 },
    ]);
  });

  it("is rated once: what was said first stands, and every other refusal is told", async () => {
    const chat = await together();
    answers["/conversations/c_1/rating"] = () => [409, { status: 409, code: "conflict" }];
    await expect(chat.rate("h1", 5)).resolves.toBeUndefined();
    answers["/conversations/c_1/rating"] = () => [409, { status: 409, code: "closed" }];
    await expect(chat.rate("h1", 5)).rejects.toMatchObject({ code: "closed" });
    answers["/conversations/c_1/rating"] = () => [422, { status: 422, code: "invalid" }];
    await expect(chat.rate("h1", 5)).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("joining", () => {
  beforeEach(() => {
    answers["/invitations/accept"] = () => [200, { conversationId: "c_2" }];
  });

  it("goes under the name that is given", async () => {
    const chat = open();
    await chat.join("i", "Ada");
    expect(chat.view).toMatchObject({ started: true, name: "Ada", guest: true });
    expect(asked.at(-1)).toEqual(["/invitations/accept", { invitation: "i" }, "Bearer token of Ada"]);
    await settle();
    expect(line.opened).toEqual(["c_2"]);
  });

  it("changes nothing where nobody is let in", async () => {
    const chat = await together();
    answers["/invitations/accept"] = () => [410, { status: 410, code: "used_up" }];
    await expect(chat.join("i")).rejects.toMatchObject({ code: "used_up" });
    expect(store.get("conversation")).toBe("c_1");
  });

  it("again ends the end", async () => {
    const chat = await together();
    line.say(left(BEN.id), goodbye);
    await settle();
    answers["/invitations/accept"] = () => [200, { conversationId: "c_1" }];
    await chat.join("i");
    expect(chat.view.ended).toBeNull();
  });
});

it("what is known of one conversation says nothing of another", () => {
  const membership = new Membership(store);
  membership.share("c_1");
  expect([membership.notFound("c_2"), membership.notFound("c_1")]).toEqual([false, true]);
  expect([membership.ending("c_2"), membership.ending("c_1"), membership.ending(null)]).toEqual([null, "left", null]);
});

it("who signs in on another tab takes the guest's place, and is no other", () => {
  const membership = new Membership(store);
  membership.receive(connected(1, true), "c_1", ADA.id, [{ ...BEN, id: "user_ada" }]);
  expect(membership.notFound("c_1")).toBe(false);
});

it("leaving and coming back, told in one go, is no end", () => {
  const membership = new Membership(store);
  membership.receive(left(BEN.id), "c_1", ADA.id, []);
  expect(membership.ending("c_1")).toBe("removed");
  membership.receive(log({ type: "participant.joined", participant: ADA })[0] as Frame, "c_1", ADA.id, [ADA]);
  expect(membership.ending("c_1")).toBeNull();
});
