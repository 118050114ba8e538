// @vitest-environment happy-dom
import { h } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, it, vi } from "vitest";
import { RowView } from "../../src/ui/Rows";
import { rowsOf } from "../../src/ui/timeline";
import { ADA, BOT, log } from "../../../client/tests/conversation.ts";
import { Stage, viewOf } from "./stage.ts";

const stage = new Stage();
const said = (messageId: string, author: object, text: string, more = {}) =>
  ({ type: "message.sent", messageId, author, text, buttons: [], ...more }) as const;
const show = (...entries: Parameters<typeof log>) =>
  act(() => stage.show(rowsOf(viewOf(log(...entries))).map((row) => h(RowView, { key: row.key, row, onPress: () => undefined }))));

afterEach(() => stage.clear());

it("names the author and the first words, as they are read", async () => {
  await show(said("m1", BOT, `**Two** parcels ${"x".repeat(5_000)}`), said("m2", ADA, "Which?", { replyTo: "m1" }), said("m3", BOT, "**b**", { replyTo: "m2" }));
  const quotes = stage.text(".quote");
  expect(quotes[0]).toMatch(/^In reply to Bot: Bot\s?Two parcels x+$/);
  expect(quotes[0]?.length).toBeLessThan(200);
  expect(quotes[1]).toMatch(/^In reply to You: You\s?Which\?$/);
});

it("leads to the message that was answered", async () => {
  await show(said("m1", BOT, "One"), said("m2", BOT, "Two"), said("m3", ADA, "Yes", { replyTo: "m1" }));
  const row = stage.root.querySelector<HTMLElement>("#message-m1") as HTMLElement;
  row.scrollIntoView = vi.fn();
  stage.root.querySelector<HTMLButtonElement>(".quote")?.click();
  expect(row.scrollIntoView).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(row);
  row.blur();
  expect(row.hasAttribute("tabindex")).toBe(false);
});

it("shows hostile words as words", async () => {
  await show(said("m1", BOT, "<img src=x onerror=alert(1)>"), said("m2", ADA, "?", { replyTo: "m1" }));
  expect(stage.root.querySelector("img")).toBeNull();
  expect(stage.text(".quote .words")).toEqual(["<img src=x onerror=alert(1)>"]);
});
