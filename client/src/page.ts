/** The page that a chat is on: the network comes back, the tab is hidden and looked at again. */

/** A tab in the background lets go of its connection after this: a browser opens only six to one HTTP/1.1 server. */
const HIDDEN_MS = 60_000;

export interface PageDeps {
  /** The network is back. */
  online(): void;
  /** The browser had put the page aside, and shows it again. */
  back(): void;
  hidden(): void;
  /** Hidden for so long that nobody is likely to look soon. */
  longHidden(): void;
  visible(): void;
  /** The signal was aborted. */
  ended(): void;
}

/** Until the signal is aborted. */
export function follow(page: Window, signal: AbortSignal, deps: PageDeps): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = () => {
    clearTimeout(timer);
    if (page.document.visibilityState !== "hidden") return deps.visible();
    deps.hidden();
    timer = setTimeout(deps.longHidden, HIDDEN_MS);
  };
  page.addEventListener("online", deps.online, { signal });
  page.addEventListener("pageshow", (event) => event.persisted && deps.back(), { signal });
  page.document.addEventListener("visibilitychange", turn, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    deps.ended();
  });
}
