/** `<switchboard-chat>`: the custom element that keeps the host page and the chat out of each other's way. */

import { h, render } from "preact";
import { openStore, type Store } from "@switchboard/client";
import type { Options } from "../options";
import { invitationOf } from "../invitation";
import { openFor } from "../signIn";
import { App } from "./App";
import { huesCss, paletteOf } from "./colors";
import css from "./styles.css?inline";
import { followViewport } from "./viewport";

export class SwitchboardChat extends HTMLElement {
  readonly #options: Options;
  readonly #root: ShadowRoot;
  readonly #tab: Store;
  #leaving: AbortController | null = null;

  constructor(options: Options) {
    super();
    this.#options = options;
    this.#tab = openStore("sessionStorage", options.server);
    this.#root = this.attachShadow({ mode: "open" });
    // Constructed sheets pass a Content-Security-Policy that forbids inline styles.
    this.#root.adoptedStyleSheets = [sheetOf(css), sheetOf(paletteCss(options.accent)), sheetOf(huesCss())];
  }

  connectedCallback(): void {
    this.#leaving = new AbortController();
    invitationOf(window, this.#tab); // Out of the address at once, however long signing in takes.
    if (window.visualViewport) followViewport(this, window.visualViewport, this.#leaving.signal);
    this.#raise();
    this.#show(this.#leaving.signal).catch((error: unknown) => console.error("switchboard: nobody can sign in:", error));
  }

  async #show(leaving: AbortSignal): Promise<void> {
    const client = await openFor(this.#options, leaving);
    if (!client || leaving.aborted) return;
    client.watchPage(window, leaving);
    render(h(App, { client, options: this.#options, tab: this.#tab }), this.#root);
    client.resume();
  }

  disconnectedCallback(): void {
    this.#leaving?.abort();
    render(null, this.#root);
  }

  /** The top layer: there a host's `opacity`, `transform`, `overflow` and `z-index` do not reach the chat. */
  #raise(): void {
    if (!("showPopover" in this)) return;
    this.popover = "manual";
    this.showPopover();
  }
}

function sheetOf(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

function paletteCss(accent: string | null): string {
  const palette = paletteOf(accent);
  return `.root {
    --accent: ${palette.accent};
    --on-accent: ${palette.onAccent};
    --accent-text-light: ${palette.accentTextLight};
    --accent-text-dark: ${palette.accentTextDark};
  }`;
}
