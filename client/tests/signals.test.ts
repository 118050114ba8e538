import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoff, LONGEST_WAIT_MS } from "../src/backoff.ts";
import { parseRetryAfter } from "../src/http.ts";
import { People } from "../src/people.ts";
import { ReadMarks, TypingSignal } from "../src/signals.ts";
import { apply, EMPTY, type ChatState } from "../src/state.ts";
import type { Frame } from "../src/types.ts";
import { ADA, BOT, connected, FRESH, log } from "./conversation.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("our typing", () => {
  it("is told at once, then every 3 s, and ends with a pause", () => {
    const told: boolean[] = [];
    const signal = new TypingSignal((typing) => told.push(typing));
    for (let key = 0; key < 40; key += 1) {
      signal.write();
      vi.advanceTimersByTime(100);
    }
    expect(told).toEqual([true, true]);
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([true, true, false]);
    signal.rest();
    expect(told).toHaveLength(3);
  });

  it("ends without a word when the message is sent", () => {
    const tell = vi.fn();
    const signal = new TypingSignal(tell);
    signal.write();
    signal.rest(true);
    vi.advanceTimersByTime(60_000);
    expect(tell.mock.calls).toEqual([[true]]);
  });
});

describe("others", () => {
  const typing = (value: boolean): Frame => ({ type: "participant.typing", timestamp: 1, participantId: BOT.id, typing: value });
  let people: People;
  const changed = vi.fn();
  beforeEach(() => {
    changed.mockReset();
    people = new People(changed);
  });

  it("who sign in go on under their new id", () => {
    const user = { ...ADA, id: "user_ada" };
    people.receive({ ...connected(0, true), present: [ADA.id, BOT.id] } as Frame);
    people.receive({ type: "participant.typing", timestamp: 1, participantId: ADA.id, typing: true });
    people.receive(log({ type: "participant.identified", formerly: ADA.id, participant: user })[0] as Frame);
    expect([people.present, people.typing, people.formerly]).toEqual([["user_ada", BOT.id], [], { user_ada: ADA.id }]);
    people.forget();
    expect(people.formerly).toEqual({});
  });

  it("type until they stop, fall silent for 6 s, or send", () => {
    const sent = log({ type: "message.sent", messageId: "m", author: BOT, text: "x", buttons: [] })[0] as Frame;
    for (const end of [() => people.receive(typing(false)), () => void vi.advanceTimersByTime(6_000), () => people.receive(sent)]) {
      people.receive(typing(true));
      vi.advanceTimersByTime(5_000);
      people.receive(typing(true));
      vi.advanceTimersByTime(5_000);
      expect(people.typing).toEqual([BOT.id]);
      end();
      expect(people.typing).toEqual([]);
    }
    expect(changed).toHaveBeenCalledTimes(6);
  });

  it("are there as the stream says", () => {
    people.receive({ ...connected(1, true), present: [ADA.id] } as Frame);
    people.receive({ type: "participant.present", timestamp: 1, participantId: BOT.id, present: true });
    expect(people.present).toEqual([ADA.id, BOT.id]);
    people.receive(connected(1, true));
    expect(people.present).toEqual([ADA.id, BOT.id]);
    people.receive({ type: "participant.present", timestamp: 1, participantId: ADA.id, present: false });
    expect(people.present).toEqual([BOT.id]);
  });
});

describe("reading", () => {
  const said = (author: object) => ({ type: "message.sent", messageId: "m", author, text: "x", buttons: [] }) as const;
  const live = (...entries: Parameters<typeof log>): ChatState =>
    log(...entries).reduce((state, entry) => apply(state, entry).state, apply(EMPTY, FRESH).state);
  const tell = vi.fn(async (_upTo: number): Promise<unknown> => undefined);
  let marks: ReadMarks;
  beforeEach(() => {
    tell.mockClear();
    marks = new ReadMarks(tell);
  });

  it("is told once for the newest message, after a second", async () => {
    marks.see(live(said(BOT)), ADA.id);
    marks.see(live(said(BOT), said(ADA), said(BOT)), ADA.id);
    await vi.advanceTimersByTimeAsync(1_000);
    marks.see(live(said(BOT), said(ADA), said(BOT)), ADA.id);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tell.mock.calls).toEqual([[3]]);
  });

  it("is not told of our own words, nor of what the log says we have read", async () => {
    marks.see(live(said(ADA)), ADA.id);
    marks.see(live(said(BOT), { type: "message.read", participantId: ADA.id, upTo: 1 }), ADA.id);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tell).not.toHaveBeenCalled();
  });

  it("that could not be told is told when it is seen again", async () => {
    tell.mockRejectedValueOnce(new TypeError("offline"));
    marks.see(live(said(BOT)), ADA.id);
    await vi.advanceTimersByTimeAsync(1_000);
    marks.see(live(said(BOT)), ADA.id);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tell.mock.calls).toEqual([[1], [1]]);
  });
});

describe("waiting", () => {
  it("is anywhere up to a bound that doubles to 8 s", () => {
    const longest = [1, 2, 3, 4, 5, 50].map((failures) => backoff(failures, 1_000, () => 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, LONGEST_WAIT_MS, LONGEST_WAIT_MS]);
    expect(backoff(5, 1_000, () => 0)).toBe(0);
  });

  it("is what Retry-After asks, in seconds or as a date, within a minute", () => {
    expect(parseRetryAfter("2", 0)).toBe(2_000);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:30 GMT", 10_000)).toBe(20_000);
    expect(parseRetryAfter("86400", 0)).toBe(60_000);
    expect(parseRetryAfter("soon", 0)).toBeNull();
    expect(parseRetryAfter(null, 0)).toBeNull();
  });
});
