/** The entry: what the host page's one script tag runs. */

import { readOptions } from "./options";
import { SwitchboardChat } from "./ui/element";

const TAG = "switchboard-chat";

function mount(script: HTMLScriptElement): void {
  if (customElements.get(TAG)) return; // The tag is on the page twice.
  customElements.define(TAG, SwitchboardChat);
  const chat = new SwitchboardChat(readOptions(script, document));
  if (document.body) document.body.append(chat);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(chat), { once: true });
}

if (document.currentScript instanceof HTMLScriptElement) mount(document.currentScript);
else console.error("switchboard: load widget.js with a classic script tag, not as a module");
