// @vitest-environment happy-dom
import { h, type ComponentChild } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import type { Participant, View } from "@switchboard/client";
import { obstacleOf } from "../../src/ui/Obstacle";
import { HUES } from "../../src/ui/colors";
import { hueOf, huesOf, mayInvite, mayModerate, ownName } from "../../src/ui/people";
import { PeoplePanel } from "../../src/ui/PeoplePanel";
import { RowView } from "../../src/ui/Rows";
import { languageOf, listOf } from "../../src/ui/strings";
import { rowsOf } from "../../src/ui/timeline";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

const BEN: Participant = { id: "guest_2", role: "customer", name: "Ben" };
const EVE: Participant = { id: "op_eve", role: "operator", name: "Eve" };
const HOSTILE = '<img src=x onerror="alert(1)">';
const MALLORY: Participant = { id: "guest_3", role: "customer", name: HOSTILE };
const TOGETHER = [BOT, ADA, BEN, EVE].map((participant) => ({ type: "participant.joined", participant }) as const);

const stage = new Stage();
const { root } = stage;
const show = (child: ComponentChild) => stage.show(child);
const panel = (view: View) => show(h(PeoplePanel, { view, title: "Chat", onClose: () => undefined }));
const labels = () => [...root.querySelectorAll("li button")].map((button) => button.getAttribute("aria-label"));

afterEach(() => stage.clear());

describe("who may do what", () => {
  const may = (me: string, ...more: Parameters<typeof log>) => {
    const view = viewOf(log(...TOGETHER, ...more), { me });
    return [mayInvite(view), ...[ADA, BEN, EVE, BOT].map((who) => mayModerate(view, who))];
  };

  it("is as the server decides", () => {
    expect(may(ADA.id)).toEqual([true, false, true, false, false]); // the host: customers
    expect(may(BEN.id)).toEqual([false, false, false, false, false]);
    expect(may(EVE.id)).toEqual([true, true, true, false, false]); // an operator: all but bots
    expect(may(ADA.id, { type: "participant.muted", participantId: ADA.id, muted: true })).toEqual([false, false, false, false, false]);
  });
});

describe("the people panel", () => {
  it("lists the visitor first and the bot last, with what they are", () => {
    panel(viewOf(log(...TOGETHER), { me: BEN.id, name: "Benjamin", present: [BEN.id, ADA.id] }));
    const rows = [...root.querySelectorAll("li")].map((row) => row.querySelector(".who")?.textContent?.replace(/\s+/g, " ").trim());
    expect(rows).toEqual(["Benjamin You", "Ada Host", "Eve Support", "Bot Bot"]);
    expect([...root.querySelectorAll(".presence")].map((dot) => dot.getAttribute("aria-label"))).toEqual([
      "here now",
      "here now",
      "not here",
      null,
    ]);
    expect(labels()).toEqual([]);
  });

  it("offers the host to mute and remove customers", () => {
    panel(viewOf(log(...TOGETHER, { type: "participant.muted", participantId: BEN.id, muted: true })));
    expect(labels()).toEqual(["Unmute: Ben", "Remove: Ben"]);
  });

  it("lets only guests call themselves something", () => {
    panel(viewOf(log(...TOGETHER), { guest: false }));
    expect(root.querySelector("input")).toBeNull();
  });

  it("is no place for somebody alone to leave", () => {
    panel(viewOf(log(...TOGETHER.slice(0, 2))));
    expect(root.querySelector(".leave")).toBeNull();
  });
});

it("a name is never markup", () => {
  const said = { type: "message.sent", messageId: "m1", author: MALLORY, text: "x", buttons: [] } as const;
  const view = viewOf(log(...TOGETHER, { type: "participant.joined", participant: MALLORY }, said), { typing: [MALLORY.id] });
  show(rowsOf(view).map((row) => h(RowView, { row, onPress: () => undefined })));
  expect(root.textContent).toContain(`${HOSTILE} is typing`);
  expect(root.querySelector(".byline bdi")?.textContent).toBe(HOSTILE);
  expect(root.querySelector("img")).toBeNull();
  panel(view);
  expect(labels()).toContain(`Remove: ${HOSTILE}`);
  expect(root.querySelector("img")).toBeNull();
});

describe("colours", () => {
  const people = (count: number) => Array.from({ length: count }, (_, at) => ({ ...BEN, id: `guest_${at}` }));
  const joined = (count: number) => people(count).map((participant) => ({ type: "participant.joined", participant }) as const);

  it("are somebody's own where nobody else has them", () => {
    expect(huesOf(viewOf(log(...joined(1))).chat)).toEqual(new Map([["guest_0", hueOf("guest_0")]]));
    expect(new Set(people(100).map(({ id }) => hueOf(id))).size).toBe(HUES.length);
  });

  it("are all different as long as there are enough, and as even as can be after that", () => {
    for (let count = 1; count <= 3 * HUES.length; count += 1) {
      const hues = [...huesOf(viewOf(log(...joined(count))).chat).values()];
      const uses = HUES.map((_, at) => hues.filter((hue) => hue === at).length);
      expect(Math.max(...uses)).toBe(Math.ceil(count / HUES.length));
    }
  });

  it("stay who came before's when somebody joins, speaks or has left", () => {
    const before = huesOf(viewOf(log(...joined(5))).chat);
    const said = { type: "message.sent", messageId: "m1", author: people(7)[6], text: "x", buttons: [] } as const;
    const after = huesOf(viewOf(log(...joined(7), said, { type: "participant.left", participantId: "guest_6" })).chat);
    expect([...after].slice(0, 5)).toEqual([...before]);
    expect(new Set(after.values()).size).toBe(7);
  });

  it("are nobody's who is a bot", () => {
    expect(huesOf(viewOf(log(...TOGETHER)).chat).has(BOT.id)).toBe(false);
  });
});

it("a name that the server made up is nobody's own", () => {
  expect([ownName(viewOf([], { name: "Guest" })), ownName(viewOf([], { name: null })), ownName(viewOf([]))]).toEqual(["", "", "Ada"]);
});

it("what keeps the visitor from writing is known", () => {
  const muted = log(...TOGETHER, { type: "participant.muted", participantId: ADA.id, muted: true });
  expect(obstacleOf(viewOf(log(...TOGETHER)))).toBeNull();
  expect(obstacleOf(viewOf(muted))).toBe("muted");
  expect(obstacleOf(viewOf(muted, { ended: "removed" }))).toBe("removed");
  expect(obstacleOf(viewOf([], { ended: "left" }))).toBe("gone");
  expect(obstacleOf(viewOf(log({ type: "conversation.closed", participantId: ADA.id })))).toBe("closed");
});

it.each([
  ["en", "Ada and Ben are typing"],
  ["de", "Ada und Ben schreiben"],
  ["ar", "Ada وBen يكتبون"],
])("two who write are named together in %s", (locale, text) => {
  expect(languageOf(locale).strings.areTyping(listOf(["Ada", "Ben"], locale))).toBe(text);
});
