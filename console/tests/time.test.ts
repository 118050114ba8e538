import { expect, it } from "vitest";
import { urgency, waited } from "../src/time";

it.each([
  [0, "0:00"],
  [7_900, "0:07"],
  [750_000, "12:30"],
  [3_723_000, "1:02:03"],
  [-5_000, "0:00"],
])("%d ms of waiting are %s", (time, text) => expect(waited(1_000_000, 1_000_000 + time)).toBe(text));

it("a wait becomes pressing", () => {
  expect([0, 119_000, 120_000, 299_000, 300_000].map((now) => urgency(0, now))).toEqual([
    "calm", "calm", "late", "late", "overdue",
  ]);
});
