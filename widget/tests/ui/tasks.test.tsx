// @vitest-environment happy-dom
import { h } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, type ChatClient, type View } from "@switchboard/client";
import { offerOf } from "../../src/ui/offers";
import { RowView } from "../../src/ui/Rows";
import { rowsOf } from "../../src/ui/timeline";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

type Loose = Parameters<typeof log>[number];
const BEN = { id: "guest_2", role: "customer", name: "Ben" } as const;
const said = (author: object, messageId = "m1"): Loose => ({ type: "message.sent", messageId, author, text: messageId, buttons: [] });
const begun = (more: object = {}, taskId = "k1"): Loose => ({ type: "task.started", taskId, name: "n", title: "Tracking", turnId: "t1", ...more });
const turn: Loose = { type: "turn.started", turnId: "t1", messageId: "m1" };
const ended: Loose = { type: "turn.completed", turnId: "t1" };
const failed = (reason: string): Loose => ({ type: "task.failed", taskId: "k1", reason });
const cancelling: Loose = { type: "task.cancelling", taskId: "k1", participantId: ADA.id };
const sorry: Loose = { type: "message.sent", messageId: "sorry", author: BOT, text: "Sorry.", buttons: [], turnId: "t1" };
const offer = (...entries: Loose[]) => {
  const view = viewOf(log(...entries));
  return view.chat.tasks.map((task) => offerOf(view, task));
};

describe("a task that runs", () => {
  it("may be cancelled, once", () => {
    expect(offer(said(ADA), turn, begun({ effects: false }))).toEqual(["cancel"]);
    expect(offer(said(ADA), turn, begun({ effects: false }), cancelling)).toEqual(["cancelling"]);
  });

  it("may not where it has effects, belongs to no answer, or the visitor may only read", () => {
    const muted: Loose = { type: "participant.muted", participantId: ADA.id, muted: true };
    expect(offer(said(ADA), turn, begun({ effects: true }))).toEqual([null]);
    expect(offer(begun({ turnId: undefined, effects: false }))).toEqual([null]);
    expect(offer(said(ADA), turn, begun({ effects: false }), muted)).toEqual([null]);
  });
});

describe("a task that failed", () => {
  const all = (author: object, reason: string, effects: boolean, ...more: Loose[]) =>
    offer(said(author), turn, begun({ effects }), failed(reason), ended, ...more);

  it("may be asked for again by who has asked", () => {
    expect(all(ADA, "error", false)).toEqual(["retry"]);
    expect(all(BEN, "error", false)).toEqual([null]);
  });

  it("may not while it is being answered, nor once something else was asked", () => {
    expect(offer(said(ADA), turn, begun({ effects: false }), failed("error"))).toEqual([null]);
    expect(all(ADA, "error", false, said(ADA, "m2"))).toEqual([null]);
  });

  it.each([["error", null], ["timeout", null], ["uncertain", null], ["refused", "retry"], ["unavailable", "retry"]])(
    "with effects, of %s, is asked for again only if nothing can have happened",
    (reason, expected) => expect(all(ADA, reason, true)).toEqual([expected]),
  );

  it("may not where another one of the same answer has had an effect", () => {
    const other = [begun({ effects: true }, "k2"), { type: "task.completed", taskId: "k2" }] as const;
    expect(offer(said(ADA), turn, begun({ effects: false }), ...other, failed("error"), ended)).toEqual([null, null]);
  });
});

describe("the buttons", () => {
  const stage = new Stage();
  const cancelTask = vi.fn<ChatClient["cancelTask"]>();
  const retryTask = vi.fn<ChatClient["retryTask"]>();
  const client = { cancelTask, retryTask };
  const show = (view: View) =>
    act(() => {
      const rows = rowsOf(view).map((row) => h(RowView, { key: row.key, row, onPress: () => undefined }));
      stage.show(h("div", { role: "log", tabIndex: 0 }, rows), client);
    });
  const press = (label: string) =>
    act(async () => {
      stage.button(label)?.click();
      await new Promise((resolve) => setTimeout(resolve));
    });
  const running = viewOf(log(said(ADA), turn, begun({ effects: false })));
  const over = viewOf(log(said(ADA), turn, begun({ effects: false }), failed("error"), sorry, ended));

  afterEach(() => {
    stage.clear();
    cancelTask.mockReset();
    retryTask.mockReset();
  });

  it("cancel the task and then say that it is being cancelled", async () => {
    cancelTask.mockResolvedValue();
    await show(running);
    await press("Cancel Tracking");
    expect(cancelTask).toHaveBeenCalledWith("k1");
    expect(document.activeElement?.getAttribute("role")).toBe("log");
    await show(viewOf(log(said(ADA), turn, begun({ effects: false }), cancelling)));
    expect(stage.text(".task-acts")).toEqual(["Cancelling…"]);
  });

  it("take a task that has ended meanwhile for what it is", async () => {
    cancelTask.mockRejectedValue(ApiError.ofProblem({ status: 409, code: "ended" }));
    await show(running);
    await press("Cancel Tracking");
    expect(stage.text("[role=alert]")).toEqual([]);
  });

  it("ask again, and say so where that can never be", async () => {
    retryTask.mockRejectedValueOnce(new TypeError("offline"));
    retryTask.mockRejectedValueOnce(ApiError.ofProblem({ status: 409, code: "too_old" }));
    await show(over);
    await press("Try again Tracking");
    expect(stage.text("[role=alert]")).toEqual(["The server does not answer. Please try again."]);
    await press("Try again Tracking");
    expect(stage.text("[role=alert]")).toEqual(["This cannot be asked again."]);
    expect(stage.button("Try again Tracking")).toBeUndefined();
    expect(retryTask.mock.calls).toEqual([["k1"], ["k1"]]);
  });
});
