/** Work that the bot does: what, how far, and how it ended. */

import type { ComponentChild } from "preact";
import type { Task } from "@switchboard/client";
import { useSurroundings } from "./context";
import { CheckIcon, WarningIcon } from "./icons";

export function TaskRow({ task }: { task: Task }): ComponentChild {
  const { strings } = useSurroundings().language;
  const { status, title, total, done = 0, note } = task;
  const running = status === "running";
  return (
    <div class={`row task ${status}`}>
      <p class="task-head">
        {status === "completed" && <CheckIcon />}
        {status === "failed" && <WarningIcon />}
        {running && <span class="spinner" aria-hidden="true" />}
        <span>{title}</span>
        {status === "failed" && <span class="task-steps">{strings.taskFailed}</span>}
        {running && total ? <span class="task-steps">{`${done}/${total}`}</span> : null}
      </p>
      {running && note && <p class="task-note">{note}</p>}
      {running && total ? <progress max={total} value={done} aria-label={title} /> : null}
    </div>
  );
}
