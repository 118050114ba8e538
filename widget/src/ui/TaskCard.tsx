/** Work that the bot does: what, how far, and how it ended. */

import type { ComponentChild } from "preact";
import type { Task } from "@switchboard/client";
import { useSurroundings } from "./context";
import { CheckIcon, WarningIcon } from "./icons";
import { pure } from "./pure";

export const TaskCard = pure(({ task }: { task: Task }) => (
  <div class={`row task ${task.status}`} data-task={task.name}>
    <div class="task-head">
      <Mark status={task.status} />
      <span class="task-title">{task.title}</span>
      <Steps task={task} />
    </div>
    {task.status === "running" && task.note && <p class="task-note">{task.note}</p>}
    {task.status === "running" && <Bar task={task} />}
  </div>
));

function Mark({ status }: { status: Task["status"] }): ComponentChild {
  if (status === "completed") return <CheckIcon />;
  if (status === "failed") return <WarningIcon />;
  return <span class="spinner" aria-hidden="true" />;
}

function Steps({ task }: { task: Task }): ComponentChild {
  const { strings } = useSurroundings().language;
  if (task.status === "failed") return <span class="task-steps">{strings.taskFailed}</span>;
  if (task.status === "completed" || !task.total) return null;
  return <span class="task-steps">{strings.steps(task.done ?? 0, task.total)}</span>;
}

/** Without a total there is nothing honest to measure: the spinner alone says that work is going on. */
function Bar({ task }: { task: Task }): ComponentChild {
  if (!task.total) return null;
  return <progress max={task.total} value={task.done ?? 0} aria-label={task.title} />;
}
