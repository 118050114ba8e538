import { describe, expect, it } from "vitest";
import { arrivals, colleagues, inOrder, neighbour, nextWaiting, sectionsOf, titleOf } from "../src/queue";
import { titleFor } from "../src/alerts";
import { aCase, anOperator, ME } from "./cases";

const ids = (cases: readonly { conversationId: string }[]) => cases.map(({ conversationId }) => conversationId);

describe("the list", () => {
  it("is parted into what is mine, what waits, and what others have", () => {
    const conversations = [
      aCase({ conversationId: "waits" }),
      aCase({ conversationId: "mine", status: "assigned", participantId: ME }),
      aCase({ conversationId: "theirs", status: "assigned", participantId: "user_jonas" }),
    ];
    const sections = sectionsOf({ operators: [], conversations }, ME);
    expect(Object.values(sections).map(ids)).toEqual([["waits"], ["mine"], ["theirs"]]);
    expect(ids(inOrder(sections))).toEqual(["mine", "waits", "theirs"]);
  });

  it("has a queue in the server's order, whatever came when", () => {
    const conversations = [
      aCase({ conversationId: "second", position: 2, since: 1 }),
      aCase({ conversationId: "first", position: 1, since: 9 }),
    ];
    expect(ids(sectionsOf({ operators: [], conversations }, ME).waiting)).toEqual(["first", "second"]);
  });

  it("puts what is urgent first across queues, then who has waited for longest", () => {
    const conversations = [
      aCase({ conversationId: "late", team: "a", since: 5, position: 1 }),
      aCase({ conversationId: "urgent", team: "b", since: 9, priority: 2, position: 1 }),
      aCase({ conversationId: "early", team: "c", since: 1, position: 1 }),
    ];
    expect(ids(sectionsOf({ operators: [], conversations }, ME).waiting)).toEqual(["urgent", "early", "late"]);
  });

  it("is walked up and down, and ends at its ends", () => {
    const list = ["a", "b"].map((conversationId) => aCase({ conversationId }));
    expect(neighbour(list, null, 1)?.conversationId).toBe("a");
    expect(neighbour(list, "a", 1)?.conversationId).toBe("b");
    expect(neighbour(list, "b", 1)).toBeNull();
    expect(neighbour(list, null, -1)?.conversationId).toBe("b");
  });
});

describe("the next one to take", () => {
  const conversations = [
    aCase({ conversationId: "billing", team: "billing", priority: 1 }),
    aCase({ conversationId: "support", team: "support" }),
  ];

  it("is the first of the operator's own teams", () => {
    const operators = [anOperator({ participantId: ME, teams: ["support"] })];
    expect(nextWaiting({ operators, conversations }, ME)?.conversationId).toBe("support");
  });

  it("is the first of all where nothing waits for their teams", () => {
    const operators = [anOperator({ participantId: ME, teams: ["sales"] })];
    expect(nextWaiting({ operators, conversations }, ME)?.conversationId).toBe("billing");
    expect(nextWaiting({ operators, conversations: [] }, ME)).toBeNull();
  });
});

describe("news", () => {
  const desk = (...conversations: ReturnType<typeof aCase>[]) => ({ operators: [], conversations });

  it("is what has begun to wait since the last look, and not what waited at the first", () => {
    const old = aCase({ conversationId: "old" });
    const fresh = aCase({ conversationId: "new" });
    expect(arrivals(null, desk(old))).toEqual([]);
    expect(ids(arrivals(desk(old), desk(old, fresh)))).toEqual(["new"]);
  });

  it("is a conversation again that comes back to its queue", () => {
    const held = aCase({ conversationId: "c", status: "assigned" });
    expect(ids(arrivals(desk(held), desk(aCase({ conversationId: "c" }))))).toEqual(["c"]);
  });

  it("is counted in the title", () => {
    expect(titleFor(3, "Console")).toBe("(3) Console");
    expect(titleFor(0, "Console")).toBe("Console");
  });
});

it("colleagues are offered by how free they are, without those who are gone", () => {
  const operators = [
    anOperator({ participantId: ME }),
    anOperator({ participantId: "gone", status: "offline" }),
    anOperator({ participantId: "away", status: "away" }),
    anOperator({ participantId: "full", holds: 3 }),
    anOperator({ participantId: "free", holds: 0 }),
  ];
  expect(colleagues({ operators, conversations: [] }, ME).map(({ participantId }) => participantId)).toEqual(["free", "full", "away"]);
});

it("a case is called by its customers, or by its id", () => {
  expect(titleOf(aCase({ conversationId: "c", customers: [{ id: "1", name: "Ada" }, { id: "2", name: "Ben" }] }))).toBe("Ada, Ben");
  expect(titleOf(aCase({ conversationId: "c" }))).toBe("c");
});
