/** What the keys do. A single key means nothing while somebody writes; with Alt it does there too. */

export type Action =
  | "next"
  | "claim"
  | "reply"
  | "canned"
  | "note"
  | "resolve"
  | "transfer"
  | "queue"
  | "bot"
  | "down"
  | "up"
  | "find"
  | "card"
  | "help";

/** By the key's place for letters (`code`): with Alt held, a Mac's `key` is another character. */
export const KEYS: readonly { action: Action; code: string; shown: string }[] = [
  { action: "next", code: "KeyN", shown: "N" },
  { action: "claim", code: "KeyC", shown: "C" },
  { action: "reply", code: "KeyR", shown: "R" },
  { action: "canned", code: "Slash", shown: "/" },
  { action: "note", code: "KeyP", shown: "P" },
  { action: "resolve", code: "KeyE", shown: "E" },
  { action: "transfer", code: "KeyT", shown: "T" },
  { action: "queue", code: "KeyQ", shown: "Q" },
  { action: "bot", code: "KeyB", shown: "B" },
  { action: "down", code: "KeyJ", shown: "J" },
  { action: "up", code: "KeyK", shown: "K" },
  { action: "find", code: "KeyF", shown: "F" },
  { action: "card", code: "KeyI", shown: "I" },
  { action: "help", code: "", shown: "?" },
];

export interface Pressed {
  key: string;
  code: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  repeat: boolean;
}

/**
 * `writing`: a field has the focus. `single`: whether keys without Alt mean anything at all (WCAG 2.1.4). On a Mac it is
 * Control and Option: Option alone writes letters.
 */
export function actionOf(pressed: Pressed, writing: boolean, single: boolean, mac = false): Action | null {
  if (pressed.metaKey || pressed.isComposing || pressed.repeat) return null;
  const chord = pressed.altKey && pressed.ctrlKey === mac;
  if (!chord && (pressed.altKey || pressed.ctrlKey || writing || !single)) return null;
  if (pressed.key === "?") return "help"; // Wherever the layout has it.
  if (pressed.key === "/" && !pressed.shiftKey) return "canned";
  if (pressed.shiftKey) return null;
  const found = KEYS.find(({ code, shown }) => (chord ? code === pressed.code : matches(pressed, code, shown)));
  return found?.action ?? null;
}

/** Without Alt the letter counts, as it is printed on the key; where no Latin letters are, the place. */
function matches({ key, code }: Pressed, wanted: string, shown: string): boolean {
  if (wanted === "" || wanted === "Slash") return false;
  const latin = /^[a-z]$/i.test(key);
  return latin ? key.toUpperCase() === shown : code === wanted;
}

/** Whether an element takes what is typed. */
export function takesText(element: Element | null): boolean {
  if (element === null) return false;
  if (element instanceof HTMLElement && element.isContentEditable) return true;
  return element.matches("input:not([type=checkbox], [type=radio], [type=button]), textarea, select");
}
