/** What the tests of the interface share: views of a small conversation, and a place to show them in. */

import { h, render, type ComponentChild } from "preact";
import { apply, EMPTY, type ChatClient, type Entry, type Frame, type View } from "@switchboard/client";
import { Provide } from "../../src/ui/context";
import { languageOf } from "../../src/ui/strings";
import { ADA, FRESH } from "../../../client/tests/conversation.ts";

export function viewOf(entries: readonly (Entry | Frame)[], more: Partial<View> = {}): View {
  const chat = entries.reduce((state, entry) => apply(state, entry).state, apply(EMPTY, FRESH).state);
  const quiet: Omit<View, "chat" | "me" | "name" | "guest"> = {
    outgoing: [],
    link: "open",
    live: true,
    typing: [],
    present: [],
    formerly: {},
    restarted: false,
    started: true,
    ended: null,
  };
  return { chat, ...quiet, me: ADA.id, name: ADA.name, guest: true, ...more };
}

/** Shows one thing after another in the same place. */
export class Stage {
  readonly root = document.createElement("div");

  constructor() {
    document.body.append(this.root);
  }

  show(child: ComponentChild, client: Partial<ChatClient> = {}, locale = "en"): void {
    render(h(Provide, { value: { client: client as ChatClient, language: languageOf(locale) } }, child), this.root);
  }

  clear(): void {
    render(null, this.root);
  }

  button(label: string): HTMLButtonElement | undefined {
    const named = (button: Element) => (button.getAttribute("aria-label") ?? button.textContent ?? "").trim() === label;
    return [...this.root.querySelectorAll("button")].find(named);
  }

  text(selector: string): string[] {
    return [...this.root.querySelectorAll(selector)].map((found) => (found.textContent ?? "").replace(/\s+/g, " ").trim());
  }
}
