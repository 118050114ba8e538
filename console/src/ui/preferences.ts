/** Small choices of an operator, kept in this browser. */

import type { Store } from "@switchboard/client";

const SINGLE_KEYS = "single-keys";

/** Whether a key alone does something (WCAG 2.1.4 wants this to be a choice). */
export function singleKeys(store: Store): boolean {
  return store.get<boolean>(SINGLE_KEYS) ?? true;
}

export function chooseSingleKeys(store: Store, on: boolean): void {
  store.set(SINGLE_KEYS, on);
}
