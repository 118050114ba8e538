// @vitest-environment happy-dom
import { h } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type ChatClient, type Frame, type Participant, type View } from "@switchboard/client";
import { Announcer } from "../../src/ui/Announcer";
import { stageOf } from "../../src/ui/handoff";
import { Panel } from "../../src/ui/Panel";
import { languageOf } from "../../src/ui/strings";
import { rowsOf } from "../../src/ui/timeline";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

type Loose = Parameters<typeof log>[number];
const EVE: Participant = { id: "op_eve", role: "operator", name: "Eve" };
const BEN: Participant = { id: "guest_2", role: "customer", name: "Ben" };
const there: Loose[] = [BOT, ADA].map((participant) => ({ type: "participant.joined", participant }));
const requested: Loose = { type: "handoff.requested", handoffId: "h_1", reason: "asked", team: "main" };
const queue: Loose = { type: "owner.changed", owner: "queue:main", term: 2 };
const comes: Loose = { type: "participant.joined", participant: EVE };
const held: Loose = { type: "owner.changed", owner: "operator:op_eve", term: 3 };
const assigned: Loose = { type: "handoff.assigned", handoffId: "h_1", participantId: EVE.id };
const leaves: Loose = { type: "participant.left", participantId: EVE.id };
const requeued = (reason: string): Loose => ({ type: "handoff.requeued", handoffId: "h_1", reason, team: "main" });
const ended = (outcome: string): Loose => ({ type: "handoff.ended", handoffId: "h_1", outcome });
const place = (position: number, waiting: number, more: object = {}): Frame => ({ type: "handoff.queued", timestamp: 1, position, waiting, ...more });
const waiting = [...there, requested, queue];
const viewAfter = (entries: Loose[], ...told: Frame[]) => viewOf([...log(...entries), ...told]);
const textIn = (locale: string, view: View) => {
  const stage = stageOf(view, languageOf(locale).strings);
  return stage && ("place" in stage && stage.place !== "" ? `${stage.text} · ${stage.place}` : stage.text);
};
const text = (entries: Loose[], ...told: Frame[]) => textIn("en", viewAfter(entries, ...told));

describe("the way to a person and back", () => {
  it("is said in words", () => {
    expect(text(there)).toBeNull();
    expect(text(waiting)).toBe("Waiting for a person");
    expect(text(waiting, place(3, 5, { estimateSeconds: 300, spreadSeconds: 120 }))).toBe(
      "Waiting for a person · you are 3rd of 5 · usually 4–6 minutes",
    );
    expect(text([...waiting, comes, held, assigned])).toBe("Eve from the team is here");
    expect(text([...waiting, held, assigned])).toBe("Somebody from the team is here");
    expect(text([...waiting, comes, held, assigned, requeued("operator_gone"), queue], place(1, 1))).toBe(
      "Eve had to go, you keep your place · you are 1st of 1",
    );
    expect(text([...waiting, comes, held, assigned, requeued("transferred"), queue])).toBe("Waiting for a person");
  });

  it.each([
    ["resolved", "You are back with the assistant"],
    ["returned", "You are back with the assistant"],
    ["cancelled", "You are back with the assistant"],
    ["expired", "Nobody could come. You are back with the assistant"],
    ["rejected", "Nobody could come. You are back with the assistant"],
    ["failed", "Nobody could come. You are back with the assistant"],
  ])("ends, %s, until the visitor goes on", (outcome, expected) => {
    const over = [...waiting, ended(outcome)];
    expect(text(over)).toBe(expected);
    expect(text([...over, { type: "message.sent", messageId: "m1", author: ADA, text: "x", buttons: [] }])).toBeNull();
  });

  it("is nothing to who takes no part any more", () => {
    expect(textIn("en", { ...viewAfter(waiting), ended: "removed" })).toBeNull();
  });

  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [4, "4th"],
    [11, "11th"],
    [22, "22nd"],
  ])("counts: %i", (position, expected) => expect(text(waiting, place(position, 30))).toContain(`you are ${expected} of 30`));

  it.each([
    [{ estimateSeconds: 20 }, "usually about a minute"],
    [{ estimateSeconds: 300 }, "usually about 5 minutes"],
    [{ estimateSeconds: 100, spreadSeconds: 200 }, "usually up to 3 minutes"],
    [{}, "of 5"],
  ])("measures: %j", (estimate, expected) => expect(text(waiting, place(3, 5, estimate))?.endsWith(expected)).toBe(true));

  it.each(["de", "ar"])("is said in %s too", (locale) => {
    const view = viewAfter(waiting, place(3, 5, { estimateSeconds: 300, spreadSeconds: 120 }));
    expect(textIn(locale, view)).toMatch(/3.*5.*4.*6/);
    expect(textIn(locale, view)).not.toBe(textIn("en", view));
  });
});

describe("while a person has the conversation", () => {
  const turn: Loose = { type: "turn.started", turnId: "t1", messageId: "m1" };
  const kinds = (...entries: Loose[]) => rowsOf(viewAfter([...there, turn, ...entries])).map(({ kind }) => kind);

  it("the bot does not type", () => {
    expect(kinds()).toEqual(["typing"]);
    expect(kinds(requested, comes, held, assigned)).toEqual([]);
    expect(kinds(requested, comes, held, assigned, ended("resolved"), { type: "owner.changed", owner: "bot:main", term: 4 })).toEqual(["typing"]);
  });

  it("what they say is marked as theirs, also where nobody else talks", () => {
    const said: Loose = { type: "message.sent", messageId: "m1", author: EVE, text: "Hello", buttons: [] };
    expect(rowsOf(viewOf(log(said), { me: null }))[0]).toMatchObject({ marked: true, message: { author: EVE } });
  });
});

const stage = new Stage();

describe("what a screen reader is told", () => {
  const said = () => stage.text("[role=status] p");
  const show = (view: View) => act(() => stage.show(h(Announcer, { view })));
  const after = (milliseconds: number) => act(() => void vi.advanceTimersByTime(milliseconds));

  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] }));
  afterEach(() => {
    stage.clear();
    vi.useRealTimers();
  });

  it("is each stage, once", async () => {
    await show(viewAfter(there));
    for (const _ of [1, 2]) await show(viewAfter(waiting, place(3, 5)));
    for (const _ of [1, 2]) await show(viewAfter([...waiting, comes, held, assigned]));
    for (const _ of [1, 2]) await show(viewAfter([...waiting, comes, held, assigned, leaves, ended("returned")]));
    await after(60_000);
    expect(said()).toEqual([
      "Waiting for a person · you are 3rd of 5",
      "Eve from the team is here",
      "You are back with the assistant",
    ]);
  });

  it("is that an operator has gone by what comes next, however the entries come in; of everybody else it is said", async () => {
    const company = [...there, { type: "participant.joined", participant: BEN } as Loose, requested, comes, held, assigned];
    await show(viewAfter(company));
    await show(viewAfter([...company, leaves]));
    await show(viewAfter([...company, leaves, ended("returned")]));
    await show(viewAfter([...company, leaves, ended("returned"), { type: "participant.left", participantId: BEN.id }]));
    expect(said()).toEqual(["Eve from the team is here", "You are back with the assistant", "Ben has left."]);
  });

  it("is that an operator has left who stayed when the bot went on", async () => {
    const back = [...there, requested, comes, held, assigned, ended("returned")];
    await show(viewAfter(back));
    await show(viewAfter([...back, leaves]));
    expect(said()).toEqual(["You are back with the assistant", "Eve has left."]);
  });

  it("is a new place at most every 15 s, and always the last one", async () => {
    await show(viewAfter(there));
    await show(viewAfter(waiting, place(9, 9)));
    for (const position of [8, 7, 6]) {
      await after(1_000);
      await show(viewAfter(waiting, place(position, 9)));
    }
    expect(said()).toEqual(["Waiting for a person · you are 9th of 9"]);
    await after(12_000);
    expect(said().slice(1)).toEqual(["you are 6th of 9"]);
    await show(viewAfter(waiting, place(5, 9)));
    await after(14_999);
    expect(said().slice(1)).toEqual(["you are 6th of 9"]);
    await after(1);
    expect(said().slice(1)).toEqual(["you are 6th of 9", "you are 5th of 9"]);
  });

  it("is the first place as soon as it is known, and no other estimate alone", async () => {
    await show(viewAfter(there));
    await show(viewAfter(waiting));
    await show(viewAfter(waiting, place(2, 3, { estimateSeconds: 300 })));
    await after(0);
    await show(viewAfter(waiting, place(2, 4, { estimateSeconds: 600 })));
    await after(60_000);
    expect(said()).toEqual(["Waiting for a person", "you are 2nd of 3 · usually about 5 minutes"]);
  });
});

describe("the panel", () => {
  const askForPerson = vi.fn<ChatClient["askForPerson"]>();
  const stopWaiting = vi.fn<ChatClient["stopWaiting"]>();
  const leave = vi.fn<() => Promise<void>>();
  const startOver = vi.fn();
  let current: View;
  const client = { askForPerson, stopWaiting, startOver, group: { leave }, see: () => undefined } as unknown as ChatClient;
  Object.defineProperty(client, "view", { get: () => current });
  const show = async (view: View, locale = "en") => {
    current = view;
    const nothing = () => undefined;
    const more = { open: true, takesFocus: false, title: "Chat", greeting: null, onClose: nothing, onAnswered: nothing, onDead: nothing };
    await act(() => stage.show(h(Panel, { view, invitation: null, ...more }), client, locale));
  };
  const press = (label: string) =>
    act(async () => {
      stage.button(label)?.click();
      await new Promise((resolve) => setTimeout(resolve));
    });
  const alerts = () => stage.text("[role=alert]");
  const answer = { handoffId: "h_1", owner: "queue:main", term: 2 };

  beforeEach(() => {
    for (const mock of [askForPerson, stopWaiting, leave, startOver]) mock.mockReset();
    stopWaiting.mockResolvedValue();
    vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
  });
  afterEach(() => {
    stage.clear();
    vi.unstubAllGlobals();
  });

  it("asks for a person, and says where nobody is there", async () => {
    askForPerson.mockResolvedValue({ ...answer, available: false });
    await show(viewAfter(there));
    await press("Talk to a person");
    await show(viewAfter(waiting));
    expect(stage.button("Talk to a person")).toBeUndefined();
    expect(stage.text(".handoff p")).toEqual([expect.stringContaining("Nobody from the team is here at the moment.")]);
    expect(document.activeElement?.tagName).toBe("TEXTAREA");
  });

  it("says why nobody could be asked for", async () => {
    askForPerson.mockRejectedValue(new TypeError("offline"));
    await show(viewAfter(there));
    await press("Talk to a person");
    expect(alerts()).toEqual(["The server does not answer. Please try again."]);
  });

  it.each([["muted", [{ type: "participant.muted", participantId: ADA.id, muted: true } as Loose]], ["held", [requested, comes, held, assigned]]])(
    "offers no person to who is %s",
    async (_, entries) => {
      await show(viewAfter([...there, ...entries]));
      expect(stage.button("Talk to a person")).toBeUndefined();
    },
  );

  it("goes on with the bot, unless somebody has just come", async () => {
    stopWaiting.mockRejectedValueOnce(ApiError.ofProblem({ status: 409, code: "owned" }));
    stopWaiting.mockRejectedValueOnce(ApiError.ofProblem({ status: 503 }));
    await show(viewAfter(waiting));
    await press("Go on with the bot");
    expect(alerts()).toEqual([]);
    await press("Go on with the bot");
    expect(alerts()).toEqual(["That did not work. Please try again."]);
    await show(viewAfter([...waiting, comes, held, assigned]));
    expect(stage.button("Go on with the bot")).toBeUndefined();
  });

  it("lets nobody come to a conversation that was given up", async () => {
    stopWaiting.mockRejectedValueOnce(new TypeError("offline"));
    await show(viewAfter(waiting));
    await press("New conversation");
    await press("Start new");
    expect(startOver).not.toHaveBeenCalled();
    await press("Start new");
    expect([stopWaiting.mock.calls.length, startOver.mock.calls.length]).toEqual([2, 1]);
  });

  it("does not stop a bot that is silent, nor name it to who talks with a person", async () => {
    const turn: Loose = { type: "turn.started", turnId: "t1", messageId: "m1" };
    await show(viewAfter([...there, turn, requested, comes, held, assigned]));
    expect(stage.button("Stop answering")).toBeUndefined();
    expect(stage.root.querySelector("textarea")?.placeholder).toBe("Write a message");
    await show(viewAfter([...there, requested, comes, held, assigned, requeued("released"), queue]));
    expect(stage.root.querySelector("textarea")?.placeholder).toBe("Write a message");
  });
});
