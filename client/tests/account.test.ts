import { describe, expect, it, vi } from "vitest";
import { AccountSession } from "../src/account.ts";
import { ApiError } from "../src/errors.ts";
import { MemoryStore } from "../src/storage.ts";
import type { Session } from "../src/types.ts";

const HOUR = 3_600_000;
const maya = { id: "user_maya", role: "operator" as const, name: "Maya" };
const over = () => new ApiError({ code: "signed_out", message: "over", status: 401, temporary: false });

function setUp(store = new MemoryStore()) {
  let now = 0;
  let tokens = 0;
  const session = (): Session => ({ token: `t${(tokens += 1)}`, expiresAt: now + HOUR, refreshToken: `r${tokens}`, participant: maya });
  const api = {
    signInByPassword: vi.fn(async () => ({ ...session(), device: "d1" })),
    signIn: vi.fn(async () => session()),
    endSession: vi.fn(async () => undefined),
  };
  const changed = vi.fn();
  const account = new AccountSession(api, store, changed, () => now);
  return { api, changed, account, store, pass: (time: number) => (now += time) };
}

describe("a sign-in by password", () => {
  it("is kept over a reload, and renewed by its refresh token", async () => {
    const { account, api, store, pass, changed } = setUp();
    await account.signIn("maya@shop.example", "a long password");
    expect(changed).toHaveBeenCalledTimes(1);
    const again = new AccountSession(api, store, () => undefined, () => HOUR);
    expect(again.participant).toEqual(maya);
    pass(HOUR);
    expect(await account.token()).toBe("t2");
    expect(api.signIn).toHaveBeenCalledWith("r1");
  });

  it("names the browser the next time, after signing out too", async () => {
    const { account, api } = setUp();
    await account.signIn("maya@shop.example", "a long password");
    await account.signOut();
    expect(api.endSession).toHaveBeenCalledWith("t1");
    expect(account.participant).toBeNull();
    await account.signIn("maya@shop.example", "a long password");
    expect(api.signInByPassword).toHaveBeenLastCalledWith("maya@shop.example", "a long password", "d1");
  });

  it("that is over makes nobody a guest", async () => {
    const { account, api, pass, changed } = setUp();
    await account.signIn("maya@shop.example", "a long password");
    api.signIn.mockRejectedValue(over());
    pass(HOUR);
    await expect(account.token()).rejects.toMatchObject({ code: "signed_out" });
    expect(account.participant).toBeNull();
    expect(changed).toHaveBeenCalledTimes(2);
    await expect(account.token()).rejects.toMatchObject({ code: "signed_out" });
    expect(api.signIn).toHaveBeenCalledTimes(1);
  });

  it("stays while the server is away", async () => {
    const { account, api, pass } = setUp();
    await account.signIn("maya@shop.example", "a long password");
    api.signIn.mockRejectedValueOnce(new TypeError("no network"));
    pass(HOUR);
    await expect(account.token()).rejects.toThrow("no network");
    expect(account.participant).toEqual(maya);
    expect(await account.token()).toBe("t2");
  });

  it("does not take over what another tab has of somebody else", async () => {
    const { account, store, pass } = setUp();
    await account.signIn("maya@shop.example", "a long password");
    const other = setUp(store);
    other.api.signInByPassword.mockResolvedValue({
      token: "jonas", expiresAt: 3 * HOUR, refreshToken: "rj", participant: { ...maya, id: "user_jonas" }, device: "d2",
    });
    await other.account.signIn("jonas@shop.example", "a long password");
    pass(HOUR);
    expect(await account.token()).toBe("t2");
  });
});
