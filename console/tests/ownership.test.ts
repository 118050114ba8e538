import { describe, expect, it } from "vitest";
import { hindranceOf, holderOf } from "../src/ownership";
import { ME } from "./cases";

it.each([
  ["bot:main", { kind: "bot", id: "main" }],
  ["queue:support:eu", { kind: "queue", team: "support:eu" }],
  [`operator:${ME}`, { kind: "mine" }],
  ["operator:user_jonas", { kind: "other", id: "user_jonas" }],
  [null, { kind: "unknown" }],
  ["robot:9", { kind: "unknown" }],
])("the owner %s is taken for what it is", (owner, holder) => expect(holderOf(owner, ME)).toEqual(holder));

describe("a reply", () => {
  it("is possible where the conversation is mine, open, and all of it there", () => {
    expect(hindranceOf({ kind: "mine" }, true, false)).toBeNull();
  });

  it("waits until everything has arrived, whoever has it", () => {
    expect(hindranceOf({ kind: "mine" }, false, false)).toBe("catching_up");
    expect(hindranceOf({ kind: "bot", id: "main" }, false, false)).toBe("catching_up");
    expect(hindranceOf({ kind: "unknown" }, true, false)).toBe("catching_up");
  });

  it("is not possible where it is closed, or somebody else's", () => {
    expect(hindranceOf({ kind: "mine" }, true, true)).toBe("closed");
    expect(hindranceOf({ kind: "other", id: "x" }, true, false)).toBe("other");
    expect(hindranceOf({ kind: "queue", team: "x" }, true, false)).toBe("queue");
  });
});
