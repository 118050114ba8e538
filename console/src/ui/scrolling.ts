/** How a long list is shown: its end at first, in place when it grows above, at the end when it grows below. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Row } from "../transcript";

/** Rows that are drawn at first, and that each look further up adds: some screens full. */
const STEP = 150;
/** Within this many pixels of the end the reader is taken to be at the end. */
const NEAR_END_PX = 48;

/** The rows from a certain message on, which `reveal` moves up. What comes at the end is always there. */
export function useWindow(all: readonly Row[]) {
  const first = useRef<string | null>(null);
  const [, redraw] = useState(0);
  const known = first.current === null ? -1 : all.findIndex(({ key }) => key === first.current);
  const at = known >= 0 ? known : messageFrom(all, all.length - STEP);
  first.current = keyOf(all, at);
  const hidden = withAsides(all, at);
  const reveal = () => {
    first.current = keyOf(all, messageFrom(all, at - STEP));
    redraw((round) => round + 1);
  };
  return { rows: all.slice(hidden), hidden, reveal };
}

/** Where the first message is from there on. Messages stay; the line of a day moves when there is more of that day. */
function messageFrom(all: readonly Row[], wanted: number): number {
  return Math.max(0, all.findIndex(({ kind }, at) => at >= wanted && kind === "message"));
}

function keyOf(all: readonly Row[], at: number): string | null {
  return all[at]?.kind === "message" ? all[at].key : null;
}

/** With what stands right before it. */
function withAsides(all: readonly Row[], at: number): number {
  let from = at;
  while (from > 0 && all[from - 1]?.kind !== "message") from -= 1;
  return from;
}

/** What is read stays where it is when something is put above it. */
export function useKeptPlace(scroller: RefObject<HTMLDivElement>, top: string | null): void {
  const fromEnd = useRef(0);
  const box = scroller.current;
  if (box) fromEnd.current = box.scrollHeight - box.scrollTop; // While rendering, before the new rows are there.
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight - fromEnd.current;
  }, [top]);
}

/** Keeps the end in view as the content grows. What the operator says brings the end back into view. */
export function useFollowing(said: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = () => {
    following.current = true;
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  useLayoutEffect(() => {
    if (said > 0) toEnd();
  }, [said]);
  useEffect(() => {
    const [box, inner] = [scroller.current, content.current];
    if (!box || !inner) return undefined;
    const onScroll = () => {
      following.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
      setAtEnd(following.current);
    };
    const observer = new ResizeObserver(() => following.current && toEnd());
    observer.observe(inner);
    observer.observe(box);
    box.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", onScroll);
    };
  }, []);
  return { scroller, content, atEnd, toEnd };
}
