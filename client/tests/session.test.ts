import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/errors.ts";
import { GuestSession } from "../src/session.ts";
import { MemoryStore } from "../src/storage.ts";
import type { Session } from "../src/types.ts";
import { ADA } from "./conversation.ts";

const HOUR = 3_600_000;
let now: number;
let store: MemoryStore;
const signIn = vi.fn<(refreshToken: string | null) => Promise<Session>>();
const open = () => new GuestSession({ signIn }, store, () => now);

beforeEach(() => {
  now = 1_000_000;
  store = new MemoryStore();
  let count = 0;
  signIn.mockReset().mockImplementation(async () => {
    count += 1;
    return { token: `token${count}`, refreshToken: `refresh${count}`, expiresAt: now + HOUR, participant: ADA };
  });
});

describe("a guest", () => {
  it("signs in once, however many ask at the same time", async () => {
    const session = open();
    expect(await Promise.all([session.token(), session.token()])).toEqual(["token1", "token1"]);
    expect(signIn).toHaveBeenCalledOnce();
    expect(session.participant).toEqual(ADA);
  });

  it("is the same after a reload", async () => {
    await open().token();
    expect(await open().token()).toBe("token1");
  });

  it("renews with the refresh token five minutes before the token expires", async () => {
    const session = open();
    await session.token();
    now += HOUR - 6 * 60_000;
    expect(await session.token()).toBe("token1");
    now += 2 * 60_000;
    expect(await session.token()).toBe("token2");
    expect(signIn).toHaveBeenLastCalledWith("refresh1");
  });

  it("takes the token that another tab has renewed", async () => {
    const [mine, other] = [open(), open()];
    await mine.token();
    now += HOUR - 60_000;
    await other.token();
    expect(await mine.token()).toBe("token2");
    expect(signIn).toHaveBeenCalledTimes(2);
  });

  it("is the same after days away", async () => {
    await open().token();
    now += 100 * HOUR;
    expect(await open().token()).toBe("token2");
    expect(signIn).toHaveBeenLastCalledWith("refresh1");
  });

  it("begins anew when the sign-in is over", async () => {
    const session = open();
    await session.token();
    now += HOUR - 60_000;
    signIn.mockRejectedValueOnce(ApiError.ofProblem({ status: 401, code: "signed_out", title: "No" }));
    expect(await session.token()).toBe("token2");
    expect(signIn).toHaveBeenLastCalledWith(null);
  });

  it("fetches another in place of a refused token, unless it has one by now", async () => {
    const session = open();
    await session.token();
    session.drop("something older");
    expect(await session.token()).toBe("token1");
    session.drop("token1");
    expect(await session.token()).toBe("token2");
    expect(signIn).toHaveBeenLastCalledWith("refresh1");
  });
});
