// @vitest-environment happy-dom
import { h } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type ChatClient, type Participant, type View } from "@switchboard/client";
import { Panel } from "../../src/ui/Panel";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

const BEN: Participant = { id: "guest_2", role: "customer", name: "Ben" };
const together = [BOT, ADA, BEN].map((participant) => ({ type: "participant.joined", participant }) as const);
const unsent = { clientMessageId: "x", content: { text: "A" }, text: "A", createdAt: 1, status: "failed" } as const;

const stage = new Stage();
const leave = vi.fn<() => Promise<void>>();
const join = vi.fn<ChatClient["join"]>();
const startOver = vi.fn();
const dead = vi.fn();
let current: View;
const client = { group: { leave }, join, startOver, see: () => undefined, type: () => undefined } as unknown as ChatClient;
Object.defineProperty(client, "view", { get: () => current });

async function show(view: View, invitation: string | null = null): Promise<void> {
  current = view;
  const nothing = () => undefined;
  const more = { open: true, takesFocus: false, title: "Chat", greeting: null, onClose: nothing, onAnswered: nothing, onDead: dead };
  await act(() => stage.show(h(Panel, { view, invitation, ...more }), client));
}

/** Presses it and lets every promise that it has begun come to its end. */
const press = (label: string) =>
  act(async () => {
    stage.button(label)?.click();
    await new Promise((resolve) => setTimeout(resolve));
  });

beforeEach(() => {
  for (const mock of [leave, join, startOver, dead]) mock.mockReset();
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
});

afterEach(() => {
  stage.clear();
  vi.unstubAllGlobals();
});

describe("starting over", () => {
  it("in a group waits until the others know", async () => {
    let answer = () => undefined as void;
    leave.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    await show(viewOf(log(...together)));
    await press("New conversation");
    await press("Start new");
    expect(startOver).not.toHaveBeenCalled();
    current = { ...current, ended: "left" };
    await act(async () => answer());
    expect(startOver).toHaveBeenCalledOnce();
  });

  it.each([
    [new TypeError("offline"), "You still take part. The server does not answer. Please try again."],
    [ApiError.ofProblem({ status: 503 }), "You still take part. That did not work. Please try again."],
  ])("says why it has not: %s", async (failure, text) => {
    leave.mockRejectedValue(failure);
    await show(viewOf(log(...together)));
    await press("New conversation");
    await press("Start new");
    expect(stage.text("[role=alert]")).toEqual([text]);
    expect(startOver).not.toHaveBeenCalled();
  });

  it("does not end what was joined while the others were told", async () => {
    leave.mockResolvedValue();
    await show(viewOf(log(...together)));
    await press("New conversation");
    await press("Start new");
    expect([leave.mock.calls.length, startOver.mock.calls.length]).toEqual([1, 0]);
  });

  it("alone needs nobody, and names what would not be sent", async () => {
    await show(viewOf(log(...together.slice(0, 2)), { outgoing: [unsent] }));
    await press("New conversation");
    expect(stage.text(".question p")[0]).toContain("One message that is not delivered yet will not be sent.");
    await press("Start new");
    expect([startOver.mock.calls.length, leave.mock.calls.length]).toEqual([1, 0]);
  });
});

it("a draft is kept while the visitor is muted", async () => {
  const muted = (is: boolean) => ({ type: "participant.muted", participantId: ADA.id, muted: is }) as const;
  await show(viewOf(log(...together)));
  const field = () => stage.root.querySelector("textarea");
  await act(() => {
    (field() as HTMLTextAreaElement).value = "Half a thought";
    field()?.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await show(viewOf(log(...together, muted(true))));
  expect(field()).toBeNull();
  await show(viewOf(log(...together, muted(true), muted(false))));
  expect(field()?.value).toBe("Half a thought");
});

describe("an invitation", () => {
  const alone = viewOf(log(...together.slice(0, 2)));

  it("warns of what will not be sent any more", async () => {
    await show({ ...alone, outgoing: [unsent, { ...unsent, clientMessageId: "y", status: "delayed" }] }, "i");
    expect(stage.text(".join .unsent")).toEqual(["2 messages that are not delivered yet will not be sent."]);
    await show({ ...alone, outgoing: [{ ...unsent, status: "accepted" }] }, "j");
    expect(stage.text(".join .unsent")).toEqual([]);
  });

  it.each([["expired", 410, 1], ["revoked", 410, 1], ["used_up", 410, 1], ["not_found", 404, 1], ["full", 409, 0], ["rate_limited", 429, 0]])(
    "that is refused as %s is a dead link, or may yet become good",
    async (code, status, times) => {
      join.mockRejectedValue(ApiError.ofProblem({ status, code }));
      await show(alone, "i");
      await press("Join");
      expect(stage.text("#invited")).toEqual([times ? "This link does not work" : "You are invited to a conversation"]);
      expect(dead).toHaveBeenCalledTimes(times);
    },
  );
});
