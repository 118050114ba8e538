import { expect, test } from "vitest";
import { Pen } from "../src/ui/pen.ts";

test("a claim that succeeds leads to the field for the reply", () => {
  const pen = new Pen();
  pen.replyAfter(() => false)();
  expect(pen.wish?.mode).toBe("reply");
});

test("a claim that succeeds late does not turn a note that was begun meanwhile into a reply", () => {
  const pen = new Pen();
  const claimed = pen.replyAfter(() => false);
  pen.want("note");
  pen.granted();
  claimed();
  expect(pen.wish).toBeNull();
});

test("who writes is left where they are", () => {
  const pen = new Pen();
  pen.replyAfter(() => true)();
  expect(pen.wish).toBeNull();
});
