import { describe, expect, it } from "vitest";
import type { Frame } from "@switchboard/client";
import { marked, type Mark } from "../src/marks";
import { merged } from "../src/notes";
import { startOf } from "../src/earlier";
import { rowsOf, Transcript, type Row } from "../src/transcript";
import { ada, aMessage, aView, bot, maya, ME } from "./cases";

const kinds = (rows: Row[]) => rows.map(({ kind }) => kind);
const aNote = (noteId: string, timestamp: number) => ({ noteId, author: maya, text: noteId, timestamp });
const aMark = (offset: number, epoch = "e"): Mark => ({
  type: "handoff.assigned", epoch, offset, timestamp: offset * 1_000, handoffId: "h", participantId: ME,
});

describe("the rows", () => {
  it("have notes, tasks and changes of hand where they happened", () => {
    const task = { taskId: "k", name: "n", title: "t", status: "running" as const, timestamp: 1_500 };
    const view = aView(
      { messages: [aMessage(1), aMessage(2), aMessage(4)], tasks: [task] },
      { notes: [aNote("n1", 9_000)], marks: [aMark(3)] },
    );
    expect(kinds(rowsOf(view))).toEqual(["day", "message", "task", "message", "mark", "message", "note"]);
  });

  it("keep the log's order for messages, whatever their clocks say", () => {
    const messages = [aMessage(1, { timestamp: 9_000 }), aMessage(2, { timestamp: 1_000 })];
    const said = rowsOf(aView({ messages })).filter((row) => row.kind === "message");
    expect(said.map(({ key }) => key)).toEqual(["m1", "m2"]);
  });

  it("name an author once for several messages, and again after anything else", () => {
    const messages = [aMessage(1), aMessage(2), aMessage(3, { author: bot }), aMessage(5)];
    const rows = rowsOf(aView({ messages }, { notes: [aNote("n", 1_500)] }));
    expect(rows.flatMap((row) => (row.kind === "message" ? [row.first] : []))).toEqual([true, true, true, true]);
    const plain = rowsOf(aView({ messages }));
    expect(plain.flatMap((row) => (row.kind === "message" ? [row.first] : []))).toEqual([true, false, true, true]);
  });

  it("begin each day with a line", () => {
    const day = 24 * 3_600_000;
    const messages = [aMessage(1, { timestamp: 0 }), aMessage(2, { timestamp: 1 }), aMessage(3, { timestamp: 3 * day })];
    expect(kinds(rowsOf(aView({ messages })))).toEqual(["day", "message", "message", "day", "message"]);
  });

  it("show what a customer has seen last of ours, and not what only operators have", () => {
    const messages = [aMessage(1, { author: maya }), aMessage(2, { author: maya })];
    const read = (marks: Record<string, number>) =>
      rowsOf(aView({ messages, read: marks })).flatMap((row) => (row.kind === "message" && row.read ? [row.key] : []));
    expect(read({ [ada.id]: 1, [ME]: 2 })).toEqual(["m1"]);
    expect(read({ [ME]: 2 })).toEqual([]);
  });

  it("have pages of before in front, each message once", () => {
    const view = aView({ messages: [aMessage(3), aMessage(4)] }, { earlier: [aMessage(2), aMessage(3)] });
    expect(rowsOf(view).map(({ key }) => key).slice(1)).toEqual(["m2", "m3", "m4"]);
  });

  it("end with what is on its way and who writes", () => {
    const item = { clientMessageId: "x", content: { text: "hi" }, text: "hi", createdAt: 0, status: "sending" as const };
    const rows = rowsOf(aView({ messages: [aMessage(1)] }, { outgoing: [item], typing: [ada.id] }));
    expect(kinds(rows).slice(-2)).toEqual(["outgoing", "writing"]);
  });

  it("that have not changed are the same objects, however much is added", () => {
    const transcript = new Transcript();
    const messages = [aMessage(1), aMessage(2)];
    const before = transcript.rows(aView({ messages }));
    const after = transcript.rows(aView({ messages: [...messages, aMessage(3)] }));
    expect(after.slice(0, before.length).every((row, at) => row === before[at])).toBe(true);
    expect(after).toHaveLength(before.length + 1);
  });
});

describe("notes", () => {
  it("are one list by time, each once", () => {
    const known = [aNote("a", 1), aNote("c", 3)];
    expect(merged(known, [aNote("c", 3), aNote("b", 2)]).map(({ noteId }) => noteId)).toEqual(["a", "b", "c"]);
  });

  it("that bring nothing new leave the list as it is", () => {
    const known = [aNote("a", 1)];
    expect(merged(known, [aNote("a", 1)])).toBe(known);
  });
});

describe("changes of hand", () => {
  it("are taken from the log, each once", () => {
    const once = marked([], aMark(3));
    expect(marked(once, aMark(3))).toBe(once);
    expect(marked(once, aMark(5))).toHaveLength(2);
  });

  it("stay over a snapshot of the same log, and go with another one", () => {
    const snapshot = (epoch: string) => ({ type: "snapshot", epoch }) as Frame;
    expect(marked([aMark(3)], snapshot("e"))).toHaveLength(1);
    expect(marked([aMark(3)], snapshot("f"))).toEqual([]);
  });
});

it("history begins before the earliest message that is there", () => {
  const { chat } = aView({ messages: [aMessage(7), aMessage(5), aMessage(9)], position: { epoch: "e", offset: 9 } });
  expect(startOf(chat)).toBe("e.5");
  expect(startOf({ ...chat, messages: [] })).toBeNull();
});
