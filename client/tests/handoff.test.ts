import { describe, expect, it } from "vitest";
import { holderOf } from "../src/handoff.ts";
import { apply, EMPTY, type ChatState } from "../src/state.ts";
import type { Entry, Frame, Snapshot } from "../src/types.ts";
import { ADA, FRESH, log } from "./conversation.ts";

const requested = { type: "handoff.requested", handoffId: "h_1", reason: "asked", team: "main", by: ADA.id } as const;
const waits = { type: "owner.changed", owner: "queue:main", term: 2 } as const;
const assigned = { type: "handoff.assigned", handoffId: "h_1", participantId: "op_ada" } as const;
const held = { type: "owner.changed", owner: "operator:op_ada", term: 3 } as const;
const requeued = { type: "handoff.requeued", handoffId: "h_1", reason: "operator_gone", team: "main" } as const;
const waitsAgain = { type: "owner.changed", owner: "queue:main", term: 4 } as const;
const back = { type: "owner.changed", owner: "bot:main", term: 5 } as const;
const ended = (outcome: string) => ({ type: "handoff.ended", handoffId: "h_1", outcome }) as const;
const said = { type: "message.sent", messageId: "m1", author: ADA, text: "x", buttons: [] } as const;
const place = (position: number, waiting = 5): Frame => ({ type: "handoff.queued", timestamp: 1, position, waiting, estimateSeconds: 300, spreadSeconds: 60 });

const live = (frames: readonly Frame[], from: ChatState = apply(EMPTY, FRESH).state) =>
  frames.reduce((state, frame) => apply(state, frame).state, from);
const after = (...entries: Parameters<typeof log>) => live(log(...entries));
const pending = { handoffId: "h_1", status: "pending", reason: "asked", team: "main", since: 1_000 } as const;

describe("a handoff", () => {
  it("waits, is with somebody, waits again, and ends", () => {
    const all = [requested, waits, assigned, held, requeued, waitsAgain, ended("resolved"), back] as const;
    const states = all.map((_, at) => after(...all.slice(0, at + 1)));
    expect(states.map(({ handoff }) => handoff && [handoff.status, handoff.participantId])).toEqual([
      ["pending", undefined],
      ["pending", undefined],
      ["assigned", "op_ada"],
      ["assigned", "op_ada"],
      ["pending", undefined],
      ["pending", undefined],
      null,
      null,
    ]);
    expect(states[5]?.letGo).toEqual({ participantId: "op_ada", reason: "operator_gone" });
    expect(states[7]).toMatchObject({ owner: "bot:main", term: 5, letGo: null, handedBack: "resolved" });
  });

  it("goes over to another person", () => {
    const state = after(requested, assigned, { ...assigned, participantId: "op_ben" });
    expect(state.handoff).toMatchObject({ status: "assigned", participantId: "op_ben" });
  });

  it("is the same from a snapshot of any moment, but for what only those know who were there", () => {
    const entries = log(requested, waits, assigned, held, said, requeued, waitsAgain, ended("returned"), back);
    const whole = live(entries);
    for (const cut of [2, 4, 5, 7, 9]) {
      const { handoff, owner, term, messages } = live(entries.slice(0, cut));
      const snapshot = { ...FRESH, owner, term, messages, handoff, offset: cut } as unknown as Snapshot;
      const resumed = live(entries.slice(cut), apply(EMPTY, snapshot).state);
      expect(apply(EMPTY, snapshot).state.handoff).toEqual(handoff);
      expect({ ...resumed, handedBack: null }).toEqual({ ...whole, handedBack: null });
    }
  });

  it("that is another one is left alone", () => {
    expect(after(requested, { ...assigned, handoffId: "h_0" }, { ...ended("failed"), handoffId: "h_0" }).handoff).toEqual(pending);
  });

  it.each(["resolved", "returned", "expired", "cancelled", "rejected", "failed"])("that is %s is known until a customer goes on", (outcome) => {
    expect(after(requested, ended(outcome)).handedBack).toBe(outcome);
    expect(after(requested, ended(outcome), { ...said, author: { id: "bot_main", role: "bot", name: "Bot" } }).handedBack).toBe(outcome);
    expect(after(requested, ended(outcome), said).handedBack).toBeNull();
    expect(after(requested, ended(outcome), requested).handedBack).toBeNull();
  });

  it("is none where the server is of before handoffs", () => {
    const { term: _, handoff: __, ...before } = FRESH;
    expect(apply(EMPTY, before as Snapshot).state).toMatchObject({ handoff: null, term: null, queue: null });
  });
});

describe("what is to be rated", () => {
  const rated = { type: "handoff.rated", handoffId: "h_1", participantId: ADA.id, rating: 4 } as const;
  const toRate = (...entries: Parameters<typeof log>) => after(requested, ...entries).toRate;

  it("is what a person has settled, and whoever had it last", () => {
    expect(toRate(assigned)).toBeNull();
    expect(toRate(assigned, ended("resolved"))).toEqual({ handoffId: "h_1", participantId: "op_ada" });
    expect(toRate(assigned, requeued, { ...assigned, participantId: "op_ben" }, ended("resolved"))?.participantId).toBe("op_ben");
  });

  it("is nothing where nobody came or nobody settled it", () => {
    expect(toRate(ended("resolved"))).toBeNull();
    expect(toRate(assigned, requeued, ended("resolved"))).toBeNull();
    for (const outcome of ["returned", "expired", "cancelled", "rejected", "failed"]) expect(toRate(assigned, ended(outcome))).toBeNull();
  });

  it("is over once it is rated, and not when another one is", () => {
    expect(toRate(assigned, ended("resolved"), rated)).toBeNull();
    expect(after(requested, assigned, ended("resolved"), rated).handedBack).toBe("resolved");
    expect(toRate(assigned, ended("resolved"), { ...rated, handoffId: "h_0" })).not.toBeNull();
  });

  it("is over once a customer says something or asks for a person again, and stays when the bot speaks", () => {
    const bot = { ...said, author: { id: "bot_main", role: "bot", name: "Bot" } };
    expect(toRate(assigned, ended("resolved"), bot)).not.toBeNull();
    expect(toRate(assigned, ended("resolved"), said)).toBeNull();
    expect(toRate(assigned, ended("resolved"), { ...requested, handoffId: "h_2" })).toBeNull();
  });

  it("is nothing that a snapshot tells", () => {
    expect(apply(after(requested, assigned, ended("resolved")), FRESH).state.toRate).toBeNull();
  });
});

describe("the place in the queue", () => {
  it("is told in passing, and moves no position", () => {
    const state = live([...log(requested, waits), place(3), place(2)]);
    expect(state.queue).toEqual({ position: 2, waiting: 5, estimateSeconds: 300, spreadSeconds: 60 });
    expect(state.position?.offset).toBe(2);
    expect(apply(state, place(1)).gap).toBe(false);
  });

  it("is over when somebody comes, and a late word does not bring it back", () => {
    expect(live([...log(requested), place(1), log(requested, assigned)[1] as Entry, place(1)]).queue).toBeNull();
    expect(live([...log(requested), place(1), log(requested, ended("cancelled"))[1] as Entry]).queue).toBeNull();
  });

  it("may be told before the snapshot, which only one who waits keeps", () => {
    const told = apply(EMPTY, place(2)).state;
    expect(apply(told, { ...FRESH, owner: "queue:main", handoff: pending }).state.queue).toMatchObject({ position: 2 });
    expect(apply(told, FRESH).state.queue).toBeNull();
  });
});

it("who holds a conversation is in its owner", () => {
  expect([holderOf("operator:op_ada"), holderOf("queue:main"), holderOf("bot:main"), holderOf(null)]).toEqual(["op_ada", null, null, null]);
});
