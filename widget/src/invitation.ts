/** Links to join: the page that the chat is on, with the invitation in its fragment, which no server gets to see. */

import type { Store } from "@switchboard/client";

const MARK = "#chat-join=";
/** Of this tab: an invitation that the visitor has not answered yet, over a reload or a sign-in on the way. */
const KEPT = "invitation";
/** Far more than one has. */
const LONGEST = 4_096;

export function linkTo(invitation: string, page: string): string {
  const { origin, pathname } = new URL(page); // The rest may be for the visitor's own eyes.
  return origin + pathname + MARK + invitation;
}

/**
 * The invitation that waits for an answer, or null. One in the address is taken out of it at once: it is good in the
 * hands of whoever sees it, in the history and in a bookmark too.
 */
export function invitationOf(page: Window, tab: Store): string | null {
  const { hash, href } = page.location;
  if (hash.startsWith(MARK)) {
    tab.set(KEPT, hash.slice(MARK.length, MARK.length + LONGEST));
    page.history.replaceState(page.history.state, "", href.slice(0, -hash.length));
  }
  return tab.get<string>(KEPT);
}

export function forgetInvitation(tab: Store): void {
  tab.remove(KEPT);
}
