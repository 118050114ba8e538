import { describe, expect, it } from "vitest";
import { MemoryStore } from "@switchboard/client";
import { CannedReplies, expand, matching, nameOf, queryOf } from "../src/canned";

describe("fields", () => {
  const fields = { customer: "Ada", operator: "Maya" };

  it("are filled in wherever they stand", () => {
    expect(expand("Hello {{customer}}, {{ operator }} here. Bye {{customer}}.", fields)).toBe("Hello Ada, Maya here. Bye Ada.");
  });

  it("that nobody knows stay as they are", () => {
    expect(expand("{{order}} {customer} {{constructor}}", fields)).toBe("{{order}} {customer} {{constructor}}");
  });

  it("are not looked for in a name", () => {
    expect(expand("Hi {{customer}}", { customer: "{{operator}} $& $1", operator: "Maya" })).toBe("Hi {{operator}} $& $1");
  });
});

describe("a draft", () => {
  it.each([["/", ""], ["/He", "he"], ["/hello world", null], ["hello /he", null], ["", null], ["//x", "/x"]] as const)(
    "%j asks for %j",
    (draft, query) => expect(queryOf(draft)).toBe(query),
  );
});

it("names that begin so come before what only has it", () => {
  const all = [
    { name: "bye", text: "Hello and bye" },
    { name: "hello", text: "Hi" },
    { name: "thanks", text: "Thank you" },
  ];
  expect(matching(all, "hel").map(({ name }) => name)).toEqual(["hello", "bye"]);
  expect(matching(all, "")).toHaveLength(3);
  expect(matching(all, "none")).toEqual([]);
});

describe("an operator's own", () => {
  it("are kept, in order, one of a name", () => {
    const store = new MemoryStore();
    const canned = new CannedReplies(store);
    for (const { name } of canned.all) canned.remove(name);
    expect(canned.save("/Zoom In", " a ")).toBe(true);
    canned.save("alpha", "b");
    canned.save("zoom-in", "c");
    expect(new CannedReplies(store).all).toEqual([
      { name: "alpha", text: "b" },
      { name: "zoom-in", text: "c" },
    ]);
  });

  it("have a name and a text", () => {
    const canned = new CannedReplies(new MemoryStore());
    expect(canned.save(" / ", "text")).toBe(false);
    expect(canned.save("name", "  ")).toBe(false);
  });

  it("are at most 200, and one of them can still be changed then", () => {
    const canned = new CannedReplies(new MemoryStore());
    for (let n = 0; n < 250; n += 1) canned.save(`n${n}`, "x");
    expect(canned.all).toHaveLength(200);
    const { name } = canned.all[0] as { name: string };
    expect(canned.save(name, "changed")).toBe(true);
  });

  it("are called without blanks and capitals", () => expect(nameOf(" /Two  Words ")).toBe("two-words"));
});
