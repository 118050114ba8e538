import { describe, expect, it } from "vitest";
import { apply, EMPTY, type ChatState } from "../src/state.ts";
import type { Frame } from "../src/types.ts";
import { ADA, BOT, connected, FRESH, log, TRACKED } from "./conversation.ts";

function live(frames: readonly Frame[], from: ChatState = apply(EMPTY, FRESH).state): ChatState {
  return frames.reduce((state, frame) => {
    const { state: next, gap } = apply(state, frame);
    expect(gap).toBe(false);
    return next;
  }, from);
}

describe("a log lived through", () => {
  it("ends with the completed message, which replaces what was streamed", () => {
    const state = live(TRACKED);
    expect(state.messages.map(({ text, status }) => [text, status])).toEqual([["1001", "sent"], ["Two parcels.", "completed"]]);
    expect(state.messages[1]?.buttons).toEqual([{ title: "Thanks", payload: "/thanks" }]);
    expect(state.tasks).toEqual([{ taskId: "k1", name: "track_order", title: "Tracking", status: "completed", done: 1, total: 2, note: "SwiftPost", turnId: "t1", timestamp: 1_006 }]);
    expect(state.turn).toBeNull();
    expect(state.participants).toEqual([BOT]);
    expect(state.position).toEqual({ epoch: "e", offset: 12 });
  });

  it("shows the streamed words while the turn runs", () => {
    const state = live(TRACKED.slice(0, 9));
    expect(state.turn).toBe("t1");
    expect(state.messages[1]).toMatchObject({ text: "Two parcels", status: "streaming" });
    expect(state.tasks[0]).toMatchObject({ status: "running", done: 1, total: 2 });
  });

  it("is the same from a snapshot at any point and the rest of the log", () => {
    const whole = live(TRACKED);
    for (let cut = 1; cut < TRACKED.length; cut += 1) {
      const { position, ...rest } = live(TRACKED.slice(0, cut));
      const snapshot = { ...FRESH, ...structuredClone(rest), offset: cut } as unknown as Frame;
      expect(live(TRACKED.slice(cut), apply(EMPTY, snapshot).state)).toEqual(whole);
      expect(position?.offset).toBe(cut);
    }
  });

  it("does not change the states before", () => {
    const before = live(TRACKED.slice(0, 6));
    const copy = structuredClone(before);
    live(TRACKED.slice(6), before);
    expect(before).toEqual(copy);
  });
});

describe("what people do", () => {
  it("reading moves a mark forward only", () => {
    const read = (upTo: number) => ({ type: "message.read", participantId: "op_1", upTo }) as const;
    expect(live(log(read(3), read(1))).read).toEqual({ op_1: 3 });
  });

  it("stopping is seen until the turn has ended", () => {
    const entries = log(
      { type: "turn.started", turnId: "t1", messageId: "m0" },
      { type: "turn.stopping", turnId: "t1", participantId: ADA.id },
      { type: "turn.completed", turnId: "t1", stopped: true },
    );
    expect(live(entries.slice(0, 2)).stopping).toBe("t1");
    expect(live(entries).stopping).toBeNull();
  });

  it("slots keep their last value", () => {
    const changed = (slots: object) => ({ type: "slots.changed", slots, turnId: "t1" }) as const;
    expect(live(log(changed({ a: 1, b: 2 }), changed({ b: null }))).slots).toEqual({ a: 1, b: null });
  });
});

describe("positions", () => {
  it("an entry seen before changes nothing", () => {
    const state = live(TRACKED.slice(0, 6));
    for (const entry of TRACKED.slice(0, 6)) expect(apply(state, entry)).toEqual({ state, gap: false });
  });

  it("an entry after a gap is not applied and is reported", () => {
    const state = live(TRACKED.slice(0, 5));
    expect(apply(state, TRACKED[6] as Frame)).toEqual({ state, gap: true });
  });

  it("an entry of another epoch is a gap", () => {
    const state = live(TRACKED.slice(0, 5));
    expect(apply(state, { ...TRACKED[5], epoch: "f" } as Frame).gap).toBe(true);
  });

  it("an entry before any snapshot is a gap", () => {
    expect(apply(EMPTY, TRACKED[0] as Frame).gap).toBe(true);
  });

  it("a ping that is ahead is a gap, one that is level is not", () => {
    const state = live(TRACKED.slice(0, 5));
    expect(apply(state, { type: "ping", epoch: "e", offset: 5 }).gap).toBe(false);
    expect(apply(state, { type: "ping", epoch: "e", offset: 6 }).gap).toBe(true);
    expect(apply(state, { type: "ping", epoch: "f", offset: 1 }).gap).toBe(true);
  });

  it("a snapshot replaces everything, also with an older position", () => {
    const state = live(TRACKED);
    const { state: next } = apply(state, { ...FRESH, epoch: "f", offset: 2 });
    expect(next.messages).toEqual([]);
    expect(next.position).toEqual({ epoch: "f", offset: 2 });
  });

  it("connected and disconnect change nothing", () => {
    const state = live(TRACKED);
    expect(apply(state, connected(12, true))).toEqual({ state, gap: false });
    expect(apply(state, { type: "disconnect", code: 3001, reason: "shutdown", reconnect: true })).toEqual({ state, gap: false });
  });
});

describe("endings", () => {
  it("a failed turn interrupts every open message, also of a turn that a crash cut off", () => {
    const entries = log(
      { type: "message.started", messageId: "m1", author: BOT, turnId: "t1" },
      { type: "message.delta", messageId: "m1", delta: "Half" },
      { type: "message.started", messageId: "m2", author: BOT, turnId: "t2" },
      { type: "turn.started", turnId: "t1", messageId: "m0" },
      { type: "turn.failed", turnId: "t1", reason: "error" },
    );
    const state = live(entries);
    expect(state.messages.map(({ text, status }) => [text, status])).toEqual([["Half", "interrupted"], ["", "interrupted"]]);
    expect(state.turn).toBeNull();
  });

  it("a failed task says so", () => {
    const state = live(log(
      { type: "task.started", taskId: "k1", name: "n", title: "T" },
      { type: "task.failed", taskId: "k1", reason: "timeout" },
    ));
    expect(state.tasks[0]?.status).toBe("failed");
  });

  it("a task that is being cancelled is known until it, or its turn, has ended", () => {
    const entries = log(
      { type: "task.started", taskId: "k1", name: "n", title: "T", turnId: "t1" },
      { type: "task.cancelling", taskId: "k1", participantId: ADA.id },
      { type: "task.failed", taskId: "k1", reason: "cancelled" },
    );
    expect(live(entries.slice(0, 2)).cancelling).toEqual(["k1"]);
    expect(live(entries).cancelling).toEqual([]);
    const cut = log(...(entries.slice(0, 2) as never[]), { type: "turn.failed", turnId: "t1", reason: "error" });
    expect(live(cut).cancelling).toEqual([]);
  });

  it("a completed message whose start was trimmed is added", () => {
    const state = live(log({ type: "message.completed", messageId: "m1", author: BOT, text: "Hi", buttons: [], turnId: "t" }));
    expect(state.messages[0]).toMatchObject({ text: "Hi", status: "completed" });
  });
});

describe("a group", () => {
  const EVE = { id: "guest_2", role: "customer", name: "Eve" } as const;
  const join = (participant: object) => ({ type: "participant.joined", participant }) as const;
  const mute = (participantId: string, muted: boolean) => ({ type: "participant.muted", participantId, muted }) as const;

  it("has the first customer as its host, then whom the log names, then nobody", () => {
    const all = log(
      join(BOT),
      join(ADA),
      join(EVE),
      { type: "participant.left", participantId: ADA.id, host: EVE.id },
      { type: "participant.left", participantId: EVE.id, by: "op_1" },
    );
    expect([1, 2, 3, 4, 5].map((end) => live(all.slice(0, end)).host)).toEqual([null, ADA.id, ADA.id, EVE.id, null]);
    expect(live(all).participants).toEqual([BOT]);
  });

  it("knows who is muted, in the order of a snapshot, and forgets it of those who leave", () => {
    const all = log(join(ADA), join(EVE), mute(EVE.id, true), mute(ADA.id, true), mute(ADA.id, true), {
      type: "participant.left",
      participantId: ADA.id,
      host: EVE.id,
    });
    expect(live(all.slice(0, 5)).muted).toEqual([ADA.id, EVE.id]);
    expect(live(all).muted).toEqual([EVE.id]);
  });
});

describe("what a later server may send", () => {
  it("an unknown type moves the position and nothing else", () => {
    const state = live(TRACKED.slice(0, 3));
    const next = live([{ type: "future.happened", epoch: "e", offset: 4, timestamp: 1 } as unknown as Frame], state);
    expect(next).toEqual({ ...state, position: { epoch: "e", offset: 4 } });
  });

  it("an ephemeral frame of an unknown type is ignored", () => {
    const state = live(TRACKED.slice(0, 3));
    expect(apply(state, { type: "typing", participant: ADA } as unknown as Frame)).toEqual({ state, gap: false });
  });

  it("someone who joins again is not listed twice", () => {
    const again = log({ type: "participant.joined", participant: BOT }, { type: "participant.joined", participant: { ...BOT, name: "Otto" } });
    expect(live(again).participants).toEqual([{ ...BOT, name: "Otto" }]);
  });
});

describe("a delta that stands for several", () => {
  const delta = (first: number, offset: number): Frame => ({ type: "message.delta", epoch: "e", first, offset, timestamp: 0, messageId: "none", delta: "x" });
  const state: ChatState = { ...EMPTY, position: { epoch: "e", offset: 4 } };

  it("goes on where we are", () => {
    expect(apply(state, delta(5, 9))).toMatchObject({ gap: false, state: { position: { epoch: "e", offset: 9 } } });
  });

  it("is a gap if it begins before or behind that: it cannot be cut", () => {
    expect(apply(state, delta(4, 9)).gap).toBe(true);
    expect(apply(state, delta(6, 9)).gap).toBe(true);
  });
});
