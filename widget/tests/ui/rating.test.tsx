// @vitest-environment happy-dom
import { h, Fragment } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ChatClient, Participant, View } from "@switchboard/client";
import { Announcer } from "../../src/ui/Announcer";
import { stageOf } from "../../src/ui/handoff";
import { HandoffBanner } from "../../src/ui/HandoffBanner";
import { languageOf } from "../../src/ui/strings";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

type Loose = Parameters<typeof log>[number];
const EVE: Participant = { id: "op_eve", role: "operator", name: "Eve" };
const handoff = (type: Loose["type"], more: object = {}, handoffId = "h1"): Loose => ({ type, handoffId, ...more });
const says = (author: Participant): Loose => ({ type: "message.sent", messageId: `m ${author.id}`, author, text: "x", buttons: [] });
const settled = (id: string, ...said: Loose[]): Loose[] => [
  handoff("handoff.requested", { reason: "asked", team: "main" }, id),
  { type: "participant.joined", participant: EVE },
  handoff("handoff.assigned", { participantId: EVE.id }, id),
  ...said,
  { type: "participant.left", participantId: EVE.id },
  handoff("handoff.ended", { outcome: "resolved" }, id),
];
const there: Loose[] = [BOT, ADA].map((participant) => ({ type: "participant.joined", participant }));
const resolved = [...there, ...settled("h1", says(EVE))];
const rated = [...resolved, handoff("handoff.rated", { participantId: ADA.id, rating: 4 })];
const viewAfter = (entries: Loose[], more: Partial<View> = {}) => viewOf(log(...entries), more);

const stage = new Stage();
const rate = vi.fn<ChatClient["rate"]>();
const over = vi.fn();
const show = (view: View, locale = "en") => {
  const now = stageOf(view, languageOf(locale).strings);
  const banner = h(HandoffBanner, { stage: now, alone: false, failure: null, onGoneOn: over });
  return act(() => stage.show(h(Fragment, null, banner, h(Announcer, { view })), { rate }, locale));
};
const press = (label: string) =>
  act(async () => {
    stage.button(label)?.click();
    await new Promise((resolve) => setTimeout(resolve));
  });
const comment = (text: string) =>
  act(() => {
    const field = stage.root.querySelector("input") as HTMLInputElement;
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  });
const shown = () => stage.text(".handoff p").filter((text) => text !== "");
const stars = () => [...stage.root.querySelectorAll(".star")];

beforeEach(() => {
  rate.mockReset().mockResolvedValue();
  over.mockReset();
});
afterEach(() => stage.clear());

describe("who had a person", () => {
  it("is asked how it was, in place of being told that the bot goes on", async () => {
    await show(viewAfter(resolved));
    expect(shown()).toEqual(["How was it with Eve?"]);
    expect(stars().map((star) => star.getAttribute("aria-label"))).toEqual(["1 of 5", "2 of 5", "3 of 5", "4 of 5", "5 of 5"]);
    expect(stage.root.querySelector(".stars")?.getAttribute("aria-label")).toBe("How was it with Eve?");
    expect(stage.root.querySelector("input")).toBeNull();
  });

  it("is asked about the team where the name is not known any more", async () => {
    await show(viewAfter([...there, ...settled("h1")]));
    expect(shown()).toEqual(["How was it with our team?"]);
  });

  it.each(["de", "ar"])("is asked in %s too", async (locale) => {
    await show(viewAfter(resolved), locale);
    expect(shown()).toEqual([expect.stringMatching(/Eve.*[?؟]/)]);
    expect(shown()).not.toEqual(["How was it with Eve?"]);
  });

  it.each<[string, View]>([
    ["rated it in another tab", viewAfter(rated)],
    ["may only read", viewAfter([...resolved, { type: "participant.muted", participantId: ADA.id, muted: true }])],
    ["is no customer", viewAfter([...resolved, { type: "participant.joined", participant: EVE }], { me: EVE.id })],
  ])("is not asked who %s", async (_, view) => {
    await show(view);
    expect(shown()).toEqual(["You are back with the assistant"]);
    expect(stars()).toEqual([]);
  });

  it("is not asked any more once they go on", async () => {
    await show(viewAfter(resolved));
    await press("3 of 5");
    await show(viewAfter([...resolved, says(ADA)]));
    expect(stage.root.querySelector(".handoff")).toBeNull();
    expect(rate).not.toHaveBeenCalled();
  });
});

describe("a rating", () => {
  it("is sent at the end, once, with the comment", async () => {
    await show(viewAfter(resolved));
    await press("2 of 5");
    await press("4 of 5");
    expect(stars().map((star) => [star.classList.contains("lit"), star.getAttribute("aria-pressed")])).toEqual([
      [true, "false"],
      [true, "false"],
      [true, "false"],
      [true, "true"],
      [false, "false"],
    ]);
    expect(rate).not.toHaveBeenCalled();
    await comment("  Quick help ");
    await press("Send");
    expect(rate.mock.calls).toEqual([["h1", 4, "Quick help"]]);
    expect(shown()).toEqual(["Thank you"]);
    expect(over).toHaveBeenCalledOnce();
  });

  it("needs no comment", async () => {
    await show(viewAfter(resolved));
    await press("5 of 5");
    await comment("Not for you after all");
    await press("Skip");
    expect(rate.mock.calls).toEqual([["h1", 5, ""]]);
  });

  it("is not sent twice while it is on its way, nor taken away when the log has it first", async () => {
    let answer = () => undefined as void;
    rate.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    await show(viewAfter(resolved));
    await press("4 of 5");
    await press("Send");
    await press("Skip");
    expect(rate).toHaveBeenCalledOnce();
    await show(viewAfter(rated));
    expect(shown()).toEqual(["How was it with Eve?"]);
    await act(async () => answer());
    expect(shown()).toEqual(["Thank you"]);
  });

  it("that fails is told, and tried again with what was written", async () => {
    rate.mockRejectedValueOnce(new TypeError("offline"));
    await show(viewAfter(resolved));
    await press("1 of 5");
    await comment("Slow");
    await press("Send");
    expect(stage.text("[role=alert]")).toEqual(["The server does not answer. Please try again."]);
    expect(over).not.toHaveBeenCalled();
    await press("Send");
    expect(rate.mock.calls).toEqual([["h1", 1, "Slow"], ["h1", 1, "Slow"]]);
    expect(shown()).toEqual(["Thank you"]);
  });

  it("may be declined, and then nothing is said in its place", async () => {
    await show(viewAfter(resolved));
    await press("No, thanks");
    await show(viewAfter(rated));
    expect(stage.root.querySelector(".handoff")).toBeNull();
    expect([rate.mock.calls.length, over.mock.calls.length]).toEqual([0, 1]);
  });

  it("of one handoff is none of the next", async () => {
    await show(viewAfter(resolved));
    await press("4 of 5");
    await press("Skip");
    const later = [...rated, says(ADA)];
    await show(viewAfter(later));
    const again = [...later, handoff("handoff.requested", { reason: "asked", team: "main" }, "h2")];
    await show(viewAfter([...again, handoff("handoff.ended", { outcome: "cancelled" }, "h2")]));
    expect(shown()).toEqual(["You are back with the assistant"]);
    await show(viewAfter([...later, ...settled("h2")]));
    expect(shown()).toEqual(["How was it with Eve?"]);
  });
});

it("a screen reader hears the question once, and thanks", async () => {
  const told = () => stage.text("[role=status] p, p[role=status]").filter((text) => text !== "" && !text.includes(": x"));
  await show(viewAfter(there));
  await show(viewAfter([...resolved.slice(0, -2)]));
  for (const _ of [1, 2]) await show(viewAfter(resolved));
  await press("4 of 5");
  await press("Skip");
  await show(viewAfter(rated));
  expect(told().sort()).toEqual(["Eve from the team is here", "How was it with Eve?", "Thank you"]);
});
