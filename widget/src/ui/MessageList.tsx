/** The conversation. It follows the newest words unless the visitor has scrolled up to read. */

import type { ComponentChild } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Button, View } from "@switchboard/client";
import { useSurroundings } from "./context";
import { DownIcon } from "./icons";
import { RowView } from "./Rows";
import { rowsOf } from "./timeline";

/** Within this many pixels of the end the reader is taken to be at the end. */
const NEAR_END_PX = 48;

export interface MessageListProps {
  view: View;
  greeting: string | null;
  onPress(button: Button): void;
}

export function MessageList({ view, greeting, onPress }: MessageListProps): ComponentChild {
  const { strings } = useSurroundings().language;
  const { scroller, content, atEnd, toEnd } = useFollowing(view.outgoing.length);
  const rows = rowsOf(view);
  return (
    <div class="conversation">
      <div class="scroller" ref={scroller} role="log" aria-live="off" aria-label={strings.log} tabIndex={0}>
        <div class="rows" ref={content}>
          {greeting !== null && (
            <div class="row theirs first">
              <div class="bubble">{greeting}</div>
            </div>
          )}
          {view.restarted && <p class="row notice">{strings.restarted}</p>}
          {rows.map((row) => (
            <RowView key={row.key} row={row} onPress={onPress} />
          ))}
        </div>
      </div>
      {!atEnd && (
        <button type="button" class="newest" onClick={toEnd} aria-label={strings.newest}>
          <DownIcon />
        </button>
      )}
    </div>
  );
}

/** Keeps the end in view as the content grows. What the visitor says brings the end back into view. */
function useFollowing(said: number) {
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
    const box = scroller.current;
    const inner = content.current;
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
