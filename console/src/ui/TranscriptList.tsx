/** The transcript. It follows the newest words unless the reader has scrolled up; at its top, what was before is fetched. */

import type { ComponentChild, RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ConversationView } from "../conversation";
import { Transcript } from "../transcript";
import { useSurroundings } from "./context";
import { DownIcon } from "./icons";
import { RowView } from "./Rows";
import { useFollowing, useKeptPlace, useWindow } from "./scrolling";

/** So far above what is seen more is shown, or the page before fetched. */
const AHEAD_PX = 800;

export function TranscriptList({ open }: { open: ConversationView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const transcript = useMemo(() => new Transcript(), []);
  const { scroller, content, atEnd, toEnd } = useFollowing(open.outgoing.length);
  const { rows, hidden, reveal } = useWindow(transcript.rows(open));
  useKeptPlace(scroller, rows[0]?.key ?? null);
  useEffect(() => {
    if (atEnd && document.visibilityState === "visible" && document.hasFocus()) desk.conversation?.see();
  });
  return (
    <div class="transcript">
      <div class="scroller" ref={scroller} role="log" aria-live="off" aria-label={strings.transcript} tabIndex={0}>
        <div class="rows" ref={content}>
          <Top open={open} scroller={scroller} hidden={hidden} reveal={reveal} />
          {rows.map((row) => (
            <RowView key={row.key} row={row} />
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

interface TopProps {
  open: ConversationView;
  scroller: RefObject<HTMLDivElement>;
  /** So many rows are known and not shown. */
  hidden: number;
  reveal(): void;
}

/** While its place is near, more rows are shown, or the page before is fetched; after a failure that takes a click. */
function Top({ open, scroller, hidden, reveal }: TopProps): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { more, loading, failed } = open.history;
  const place = useRef<HTMLDivElement>(null);
  const fetchable = open.chat.position !== null && more && !loading && !failed;
  const ready = hidden > 0 || fetchable;
  const load = () => void desk.conversation?.loadEarlier();
  useEffect(() => {
    const [box, top] = [scroller.current, place.current];
    if (!ready || !box || !top) return undefined;
    const options = { root: box, rootMargin: `${AHEAD_PX}px 0px 0px` };
    const observer = new IntersectionObserver(([seen]) => seen?.isIntersecting && (hidden > 0 ? reveal() : load()), options);
    observer.observe(top);
    return () => observer.disconnect();
  }, [ready, hidden, open.earlier.length]);
  return (
    <div class="top-of-history" ref={place}>
      {failed && (
        <button type="button" class="link" onClick={load}>
          {strings.loadFailed}
        </button>
      )}
      {loading && strings.loading}
      {hidden === 0 && !more && strings.beginning}
    </div>
  );
}
