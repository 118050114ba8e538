import { beforeEach, describe, expect, it, vi } from "vitest";
import { Belongings, type Guest } from "../src/belongings.ts";
import { ChatClient } from "../src/client.ts";
import { ApiError, isGone } from "../src/errors.ts";
import { HostSession } from "../src/host.ts";
import { HttpTransport } from "../src/http.ts";
import { MemoryStore, PersonStore } from "../src/storage.ts";
import type { Participant, Session } from "../src/types.ts";

const HOUR = 3_600_000;
const ADA: Participant = { id: "user_ada", role: "customer", name: "Ada" };
const EVE: Participant = { id: "user_eve", role: "customer", name: "Eve" };
let now: number;
let who: Participant;
const identity = vi.fn<() => Promise<string | null>>();
const signInAs = vi.fn<(identity: string, guest: Guest | null) => Promise<Session>>();
const show = vi.fn<() => Promise<Guest | null>>();
const open = () => new HostSession({ signInAs }, identity, { show }, () => now);
const GUEST: Guest = { token: "guest's", conversations: ["c_guest"] };

beforeEach(() => {
  now = 1_000_000;
  who = ADA;
  let count = 0;
  show.mockReset().mockResolvedValue(null);
  identity.mockReset().mockImplementation(async () => `jwt${(count += 1)}`);
  signInAs.mockReset().mockImplementation(async (jwt) => ({ token: `token of ${jwt}`, expiresAt: now + HOUR, participant: who }));
});

describe("somebody whom the host has signed in", () => {
  it("is asked for once, however many need a token at the same time", async () => {
    const session = open();
    expect(session.participant).toBeNull();
    expect(await Promise.all([session.token(), session.token()])).toEqual(["token of jwt1", "token of jwt1"]);
    expect(session.participant).toEqual(ADA);
    expect(session.remaining).toBe(HOUR - 5 * 60_000);
  });

  it("stays signed in with a fresh identity, five minutes before the hour is over", async () => {
    const session = open();
    await session.token();
    now += HOUR - 6 * 60_000;
    expect(await session.token()).toBe("token of jwt1");
    now += 2 * 60_000;
    expect(await session.token()).toBe("token of jwt2");
    expect(signInAs).toHaveBeenLastCalledWith("jwt2", null);
  });

  it("takes a fresh identity when the server refuses the token", async () => {
    const session = open();
    session.drop(await session.token());
    expect(await session.token()).toBe("token of jwt2");
  });

  it("asks again after a failure", async () => {
    const session = open();
    identity.mockRejectedValueOnce(new TypeError("no network"));
    await expect(session.token()).rejects.toThrow("no network");
    expect(await session.token()).toBe("token of jwt1");
  });

  it("gets no token any more once signed out", async () => {
    const session = open();
    session.drop(await session.token());
    identity.mockResolvedValue(null);
    await expect(session.token()).rejects.toMatchObject({ code: "signed_out", status: 401 });
  });

  it("is asked for again when the page is back after it was put aside", async () => {
    const session = open();
    await session.token();
    session.recheck();
    expect(await session.token()).toBe("token of jwt2");
  });

  it("does not ask without a pause where the device's clock is ahead", async () => {
    const session = open();
    signInAs.mockImplementation(async () => ({ token: "t", expiresAt: now - HOUR, participant: ADA }));
    await session.token();
    await session.token();
    expect(identity).toHaveBeenCalledTimes(1);
    expect(session.remaining).toBe(60_000);
  });

  it("leaves the conversation there for one who is muted", () => {
    expect(isGone(ApiError.ofProblem({ status: 403, code: "muted" }))).toBe(false);
    expect(isGone(ApiError.ofProblem({ status: 403, code: "forbidden" }))).toBe(true);
  });

  it.each([403, 404, 410])("is not a conversation that is gone when something answers %i", async (status) => {
    const session = open();
    signInAs.mockRejectedValueOnce(ApiError.ofProblem({ status }));
    const error: unknown = await session.token().catch((raised: unknown) => raised);
    expect(error).toMatchObject({ code: "no_identity", status: 0 });
    expect(isGone(error)).toBe(false);
  });

  it("is no guest because a back end answers something else", async () => {
    identity.mockResolvedValue(undefined as unknown as string);
    await expect(open().token()).rejects.toMatchObject({ code: "no_identity" });
    expect(signInAs).not.toHaveBeenCalled();
  });

  it("does not become somebody else", async () => {
    const session = open();
    session.drop(await session.token());
    who = EVE;
    await expect(session.token()).rejects.toMatchObject({ code: "another_person" });
    expect(session.participant).toEqual(ADA);
  });
});

describe("a guest who signs in", () => {
  it("says so once, and knows what was taken along", async () => {
    show.mockResolvedValue(GUEST);
    signInAs.mockImplementation(async () => ({ token: "t", expiresAt: now + HOUR, participant: ADA, conversations: ["c_guest"] }));
    const session = open();
    session.drop(await session.token());
    expect(signInAs).toHaveBeenLastCalledWith("jwt1", GUEST);
    await session.token();
    expect(signInAs).toHaveBeenLastCalledWith("jwt2", null);
    expect(session.taken).toEqual(["c_guest"]);
  });

  it("signs in all the same when the guest is signed out", async () => {
    show.mockResolvedValue(GUEST);
    signInAs.mockRejectedValueOnce(ApiError.ofProblem({ status: 401, code: "unauthorized" }));
    expect(await open().token()).toBe("token of jwt1");
    expect(signInAs).toHaveBeenLastCalledWith("jwt1", { ...GUEST, token: null });
  });

  it("is refused like anybody when the identity is no good", async () => {
    show.mockResolvedValue(GUEST);
    signInAs.mockRejectedValueOnce(ApiError.ofProblem({ status: 401, code: "bad_identity" }));
    await expect(open().token()).rejects.toMatchObject({ code: "bad_identity" });
    expect(signInAs).toHaveBeenCalledTimes(1);
  });

  it("has nothing to take along before a conversation has begun", async () => {
    const store = new MemoryStore();
    const belongings = new Belongings(new HttpTransport("http://chat.example"), store);
    expect(await belongings.show()).toBeNull();
    store.set("session", { token: "guest's", refreshToken: "r", expiresAt: Date.now() + HOUR, renewAt: Date.now() + HOUR });
    expect(await belongings.show()).toBeNull();
    store.set("conversation", "c_guest");
    expect(await belongings.show()).toEqual(GUEST);
  });

  it("leaves nothing behind, and takes along only what the server has given", () => {
    for (const taken of [["c_guest"], []]) {
      const store = new MemoryStore();
      const person = new PersonStore(store, ADA.id);
      const unsent = { clientMessageId: "1", conversationId: "c_guest", text: "x", content: { text: "x" }, status: "sending", createdAt: 1 };
      for (const [key, value] of [["session", {}], ["conversation", "c_guest"], ["outbox:1", unsent]] as const) store.set(key, value);
      person.set("conversation", "c_old");
      new Belongings(new HttpTransport("http://chat.example"), store).handOver(person, taken);
      expect(person.get("conversation")).toBe(taken.length ? "c_guest" : "c_old");
      const { conversationId, ...unplaced } = unsent;
      expect(person.get("outbox:1")).toEqual(taken.length ? unsent : { ...unplaced, status: "failed" });
      expect(["session", "conversation", "outbox:1"].map((key) => store.get(key))).toEqual([null, null, null]);
    }
  });
});

describe("what is kept", () => {
  it("is each person's own, and the guest's is nobody's", () => {
    const shared = new MemoryStore();
    shared.set("conversation", "c_guest");
    shared.set("outbox:1", "guest");
    const [ada, eve] = [new PersonStore(shared, ADA.id), new PersonStore(shared, EVE.id)];
    ada.set("conversation", "c_ada");
    ada.set("outbox:2", "ada");
    expect([ada.get("conversation"), ada.keys("outbox:")]).toEqual(["c_ada", ["outbox:2"]]);
    expect([eve.get("conversation"), eve.keys("outbox:")]).toEqual([null, []]);
    expect([shared.get("conversation"), shared.keys("outbox:")]).toEqual(["c_guest", ["outbox:1"]]);
    ada.remove("conversation");
    expect([ada.get("conversation"), shared.get("conversation")]).toEqual([null, "c_guest"]);
  });

  it("shows to the person only whose it is", async () => {
    const store = new MemoryStore();
    store.set("conversation", "c_guest");
    new PersonStore(store, ADA.id).set("conversation", "c_ada");
    const started = async (person: Participant) => {
      who = person;
      const session = open();
      await session.token();
      return new ChatClient({ server: "http://chat.example", store, identity: session }).view;
    };
    expect(await started(ADA)).toMatchObject({ started: true, me: ADA.id });
    expect(await started(EVE)).toMatchObject({ started: false, me: EVE.id });
  });

  it("is not looked for before it is known who speaks", () => {
    const start = () => new ChatClient({ server: "http://chat.example", store: new MemoryStore(), identity: open() });
    expect(start).toThrow("openChat");
  });
});
