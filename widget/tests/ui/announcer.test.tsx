// @vitest-environment happy-dom
import { h } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, it } from "vitest";
import type { Participant, View } from "@switchboard/client";
import { Announcer } from "../../src/ui/Announcer";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

const BEN: Participant = { id: "guest_2", role: "customer", name: "Ben" };
const USER: Participant = { id: "user_ben", role: "customer", name: "Benjamin" };
const together = [BOT, ADA, BEN].map((participant) => ({ type: "participant.joined", participant }) as const);
const identified = { type: "participant.identified", formerly: BEN.id, participant: USER } as const;

const stage = new Stage();
const said = () => stage.text("[role=status] p");
const show = (view: View) => act(() => stage.show(h(Announcer, { view })));

afterEach(() => stage.clear());

describe("comings and goings", () => {
  it("are said", async () => {
    await show(viewOf(log(...together.slice(0, 2))));
    await show(viewOf(log(...together)));
    await show(viewOf(log(...together, { type: "participant.left", participantId: BEN.id })));
    expect(said()).toEqual(["Ben has joined.", "Ben has left."]);
  });

  it("are none where a guest signs in", async () => {
    await show(viewOf(log(...together)));
    await show(viewOf(log(...together, identified), { formerly: { [USER.id]: BEN.id } }));
    expect(said()).toEqual([]);
    await show(viewOf(log(...together, identified, { type: "participant.left", participantId: USER.id }), { formerly: { [USER.id]: BEN.id } }));
    expect(said()).toEqual(["Benjamin has left."]);
  });
});
