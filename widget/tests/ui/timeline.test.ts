import { describe, expect, it } from "vitest";
import type { View } from "@switchboard/client";
import { rowsOf, type MessageRow, type Row } from "../../src/ui/timeline";
import { ADA, BOT, log, TRACKED } from "../../../client/tests/conversation.ts";
import { viewOf } from "./stage.ts";

const kinds = (rows: Row[]) => rows.map((row) => row.kind);
const messages = (rows: Row[]) => rows.filter((row): row is MessageRow => row.kind === "message");

const ASKED = log(
  { type: "participant.joined", participant: BOT },
  { type: "message.sent", messageId: "m1", author: BOT, text: "Which?", buttons: [{ title: "A", payload: "/a" }] },
);
const answer = { type: "message.sent", messageId: "m2", author: ADA, text: "A", buttons: [], payload: "/a" } as const;
const outgoing = { clientMessageId: "x", content: { payload: "/a" }, text: "A", createdAt: 1, status: "sending" } as const;

describe("buttons", () => {
  it("are open until the visitor has answered", () => {
    expect(messages(rowsOf(viewOf(ASKED)))[0]).toMatchObject({ open: true, chosen: null });
  });

  it("are closed at once by an answer on its way, and remember it", () => {
    expect(messages(rowsOf(viewOf(ASKED, { outgoing: [outgoing] })))[0]).toMatchObject({ open: false, chosen: "/a" });
  });

  it("are closed by an answer on the log, and remember it", () => {
    const rows = rowsOf(viewOf([...ASKED, ...log(...[...ASKED, answer].map(({ ...entry }) => entry as never)).slice(2)]));
    expect(messages(rows)[0]).toMatchObject({ open: false, chosen: "/a" });
  });

  it("are open again when the answer could not be delivered", () => {
    expect(messages(rowsOf(viewOf(ASKED, { outgoing: [{ ...outgoing, status: "failed" }] })))[0]).toMatchObject({ open: true });
  });
});

describe("a turn", () => {
  it("shows that somebody types until something moves", () => {
    expect(kinds(rowsOf(viewOf(TRACKED.slice(0, 4))))).toEqual(["message", "typing"]);
    expect(kinds(rowsOf(viewOf(TRACKED.slice(0, 5))))).toEqual(["message", "typing"]);
    expect(kinds(rowsOf(viewOf(TRACKED.slice(0, 6))))).toEqual(["message", "message"]);
  });

  it("has its task before its answer, live and afterwards", () => {
    expect(kinds(rowsOf(viewOf(TRACKED.slice(0, 8))))).toEqual(["message", "task", "message"]);
    expect(kinds(rowsOf(viewOf(TRACKED)))).toEqual(["message", "task", "message"]);
  });

  it("has no typing beside a running task", () => {
    const entries = log(
      { type: "turn.started", turnId: "t1", messageId: "m1" },
      { type: "task.started", taskId: "k1", name: "n", title: "T", turnId: "t1" },
    );
    expect(kinds(rowsOf(viewOf(entries)))).toEqual(["task"]);
  });
});

it("a message keeps its row when the log brings it back", () => {
  const mine = log({ type: "message.sent", messageId: "m1", author: ADA, text: "A", buttons: [], clientMessageId: "x" });
  const before = rowsOf(viewOf([], { outgoing: [outgoing] }));
  expect(rowsOf(viewOf(mine)).map((row) => row.key)).toEqual(before.map((row) => row.key));
});

it("only the first of several messages by one author carries the name", () => {
  const two = log(
    { type: "message.sent", messageId: "m1", author: BOT, text: "1", buttons: [] },
    { type: "message.sent", messageId: "m2", author: BOT, text: "2", buttons: [] },
  );
  expect(messages(rowsOf(viewOf(two))).map((row) => row.first)).toEqual([true, false]);
});

describe("other people", () => {
  const EVE = { id: "op_eve", role: "operator", name: "Eve" } as const;
  const said = (messageId: string, author: object) => ({ type: "message.sent", messageId, author, text: messageId, buttons: [] }) as const;
  const read = (participantId: string, upTo: number) => ({ type: "message.read", participantId, upTo }) as const;
  const marked = (view: View) => messages(rowsOf(view)).filter((row) => row.read).map((row) => row.message.messageId);

  it("mark the last message of the visitor that they have read", () => {
    const entries = log(said("m1", ADA), said("m2", ADA), said("m3", EVE), said("m4", ADA), read(EVE.id, 3));
    expect(marked(viewOf(entries))).toEqual(["m2"]);
    expect(marked(viewOf([...entries, ...log(...entries.map((entry) => entry as never), read(EVE.id, 5)).slice(5)]))).toEqual(["m4"]);
  });

  it("are not the visitor", () => {
    expect(marked(viewOf(log(said("m1", ADA), read(ADA.id, 1))))).toEqual([]);
  });

  it("who write are named at the end, if they are known", () => {
    const entries = log({ type: "participant.joined", participant: EVE }, said("m1", ADA));
    expect(rowsOf(viewOf(entries, { typing: [EVE.id, "nobody"] })).at(-1)).toMatchObject({ kind: "writing", names: ["Eve"] });
    expect(kinds(rowsOf(viewOf(entries, { typing: ["nobody"] })))).toEqual(["message"]);
  });
});

describe("a group", () => {
  const BEN = { id: "guest_2", role: "customer", name: "Ben" } as const;
  const EVE = { id: "op_eve", role: "operator", name: "Eve" } as const;
  const said = (messageId: string, author: object, more = {}) =>
    ({ type: "message.sent", messageId, author, text: messageId, buttons: [], ...more }) as const;
  const joined = (...people: object[]) => people.map((participant) => ({ type: "participant.joined", participant }) as const);
  const read = (participantId: string, upTo: number) => ({ type: "message.read", participantId, upTo }) as const;
  const together = joined(BOT, ADA, BEN, EVE);

  it("marks the others, and nobody where one person talks with the bot", () => {
    const rows = messages(rowsOf(viewOf(log(...together, said("m1", ADA), said("m2", BEN), said("m3", BOT)))));
    expect(rows.map(({ marked, mine }) => [marked, mine])).toEqual([[false, true], [true, false], [true, false]]);
    expect(messages(rowsOf(viewOf(log(...joined(BOT, ADA), said("m1", BOT))))).map(({ marked }) => marked)).toEqual([false]);
  });

  it("still marks what those have said who have left", () => {
    const entries = log(...joined(BOT, ADA, BEN), said("m1", BEN), { type: "participant.left", participantId: BEN.id });
    expect(messages(rowsOf(viewOf(entries)))[0]).toMatchObject({ marked: true });
  });

  it("names who has read the visitor's last read message", () => {
    const entries = log(...together, said("m1", ADA), said("m2", ADA), read(BEN.id, 6), read(EVE.id, 5), read(ADA.id, 6));
    const rows = messages(rowsOf(viewOf(entries)));
    expect(rows.map((row) => [row.read, row.readers])).toEqual([[false, []], [true, ["Ben"]]]);
  });

  it("names nobody where only one other could have read", () => {
    const rows = messages(rowsOf(viewOf(log(...joined(BOT, ADA, BEN), said("m1", ADA), read(BEN.id, 4)))));
    expect(rows[0]).toMatchObject({ read: true, readers: [] });
  });

  it("calls who writes by the name that they took last", () => {
    const entries = log(...together, said("m1", { ...BEN, name: "Benjamin" }));
    const rows = rowsOf(viewOf(entries, { typing: [EVE.id, BEN.id] }));
    expect(rows.at(-1)).toMatchObject({ kind: "writing", names: ["Benjamin", "Eve"] });
  });

  it("leaves buttons open while others talk, and closes them when anybody presses one", () => {
    const asked = [...together, said("m1", BOT, { buttons: [{ title: "A", payload: "/a" }] })];
    const open = (...more: Parameters<typeof log>) => messages(rowsOf(viewOf(log(...asked, ...more))))[0];
    expect(open(said("m2", BEN))).toMatchObject({ open: true });
    expect(open(said("m2", BEN, { payload: "/a" }))).toMatchObject({ open: false, chosen: "/a" });
    expect(open(said("m2", ADA))).toMatchObject({ open: false, chosen: "" });
  });
});

describe("an answer to an earlier message", () => {
  const said = (messageId: string, author: object, more = {}) =>
    ({ type: "message.sent", messageId, author, text: messageId, buttons: [], ...more }) as const;
  const quoted = (...entries: Parameters<typeof log>) =>
    messages(rowsOf(viewOf(log(...entries)))).map((row) => [row.quoted?.messageId, row.quotedMine]);

  it("shows which, and whether it was the visitor's", () => {
    expect(quoted(said("m1", BOT), said("m2", ADA, { replyTo: "m1" }), said("m3", BOT, { replyTo: "m2" }))).toEqual([
      [undefined, false],
      ["m1", false],
      ["m2", true],
    ]);
  });

  it("shows nothing of one that is not there", () => {
    expect(quoted(said("m2", ADA, { replyTo: "m1" }))).toEqual([[undefined, false]]);
  });
});
