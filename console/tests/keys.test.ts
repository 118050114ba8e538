// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { actionOf, KEYS, takesText, type Pressed } from "../src/keys";

function pressed(key: string, about: Partial<Pressed> = {}): Pressed {
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key === "/" ? "Slash" : "";
  const none = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, isComposing: false, repeat: false };
  return { key, code, ...none, ...about };
}

it("takes Control and Option on a Mac, where Option alone writes", () => {
  const keys = { altKey: true, code: "KeyE" };
  expect(actionOf(pressed("€", keys), true, true, true)).toBeNull();
  expect(actionOf(pressed("€", { ...keys, ctrlKey: true }), true, true, true)).toBe("resolve");
  expect(actionOf(pressed("e", { ...keys, ctrlKey: true }), true, true)).toBeNull();
});

describe("a key", () => {
  it.each(KEYS.map(({ action, shown }) => [shown, action] as const))("%s means %s", (shown, action) => {
    expect(actionOf(pressed(shown.toLowerCase(), { shiftKey: shown === "?" }), false, true)).toBe(action);
  });

  it("has one meaning only", () => {
    expect(new Set(KEYS.map(({ shown }) => shown)).size).toBe(KEYS.length);
    expect(new Set(KEYS.map(({ action }) => action)).size).toBe(KEYS.length);
  });

  it.each(["n", "e", "/", "?", "b"])("%s means nothing while somebody writes", (key) => {
    expect(actionOf(pressed(key), true, true)).toBeNull();
  });

  it("means the same while somebody writes, with Alt, also where Alt makes another character of it", () => {
    expect(actionOf(pressed("n", { altKey: true }), true, true)).toBe("next");
    expect(actionOf(pressed("˜", { code: "KeyN", altKey: true }), true, true)).toBe("next");
  });

  it("means nothing alone where the operator wants that, and something with Alt", () => {
    expect(actionOf(pressed("n"), false, false)).toBeNull();
    expect(actionOf(pressed("n", { altKey: true }), false, false)).toBe("next");
  });

  it("is the browser's with Ctrl or Cmd, and the input method's while it composes", () => {
    expect(actionOf(pressed("r", { ctrlKey: true }), false, true)).toBeNull();
    expect(actionOf(pressed("r", { metaKey: true }), false, true)).toBeNull();
    expect(actionOf(pressed("r", { isComposing: true }), false, true)).toBeNull();
  });

  it("that is held down does something once", () => {
    expect(actionOf(pressed("n", { repeat: true }), false, true)).toBeNull();
  });

  it("is found by its place where the letters are not Latin, and by its letter where the layout has it elsewhere", () => {
    expect(actionOf(pressed("т", { code: "KeyN" }), false, true)).toBe("next");
    expect(actionOf(pressed("n", { code: "KeyL" }), false, true)).toBe("next");
  });
});

it("fields take text, buttons and radio buttons do not", () => {
  const made = (html: string) => {
    document.body.innerHTML = html;
    return document.body.firstElementChild;
  };
  for (const html of ["<textarea>", "<input>", "<input type=search>", "<select>"]) expect(takesText(made(html))).toBe(true);
  for (const html of ["<button>", "<input type=radio>", "<input type=checkbox>", "<div>"]) expect(takesText(made(html))).toBe(false);
  expect(takesText(null)).toBe(false);
});
