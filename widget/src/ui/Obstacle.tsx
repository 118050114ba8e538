/** Where nothing can be said: why, in place of the field, and the way on. */

import type { ComponentChild } from "preact";
import type { View } from "@switchboard/client";
import { useSurroundings } from "./context";

export type Obstacle = "removed" | "gone" | "closed" | "muted";

/** Null where the visitor may write. */
export function obstacleOf({ chat, ended, me }: View): Obstacle | null {
  if (ended !== null) return ended === "left" ? "gone" : ended;
  if (chat.closed) return "closed";
  return me !== null && chat.muted.includes(me) ? "muted" : null;
}

export function ObstacleNotice({ obstacle, onStartOver }: { obstacle: Obstacle; onStartOver(): void }): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <div class="obstacle">
      <p>{strings[obstacle]}</p>
      {obstacle !== "muted" && (
        <button type="button" class="primary" onClick={onStartOver}>
          {strings.startOver}
        </button>
      )}
    </div>
  );
}
