/** Changes of hand, as the transcript shows them: those that the log has told since the conversation was opened. */

import type { Frame, HandoffAssigned, HandoffEnded, HandoffRated, HandoffRequested, HandoffRequeued } from "@switchboard/client";

export type Mark = HandoffRequested | HandoffAssigned | HandoffRequeued | HandoffEnded | HandoffRated;

/** More are not shown: each is a line. */
const MOST = 200;

const KINDS = new Set(["handoff.requested", "handoff.assigned", "handoff.requeued", "handoff.ended", "handoff.rated"]);

/** One frame later. A snapshot of another log has none of these; of the same log it takes none away. */
export function marked(marks: readonly Mark[], frame: Frame): readonly Mark[] {
  if (frame.type === "snapshot") return marks.every(({ epoch }) => epoch === frame.epoch) ? marks : [];
  if (!isMark(frame)) return marks;
  const last = marks.at(-1);
  if (last && last.epoch === frame.epoch && frame.offset <= last.offset) return marks;
  return [...marks, frame].slice(-MOST);
}

function isMark(frame: Frame): frame is Mark {
  return KINDS.has(frame.type);
}
