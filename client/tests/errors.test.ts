import { describe, expect, it } from "vitest";

import { ApiError, isBusy, isGone, isTemporary } from "../src/errors.ts";

const refusal = (status: number, code: string) => ApiError.ofProblem({ status, code });

describe("a refusal by the server", () => {
  it.each(["busy", "too_many", "rate_limited"])("is one of being busy on a socket too: %s", (code) => {
    const error = ApiError.ofCommand({ code, message: "Not now.", temporary: true });
    expect([isBusy(error), isTemporary(error)]).toEqual([true, true]);
  });

  it("that blocks somebody takes no conversation away", () => {
    expect(isGone(refusal(403, "blocked"))).toBe(false);
    expect(isTemporary(refusal(403, "blocked"))).toBe(false);
    expect(isGone(refusal(403, "forbidden"))).toBe(true);
  });
});
