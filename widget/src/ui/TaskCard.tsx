/** Work that the bot does: what, how far, and how it ended. */

import type { ComponentChild } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, type Task } from "@switchboard/client";
import { useAttempt, whyOf } from "./attempt";
import { useSurroundings } from "./context";
import { CheckIcon, WarningIcon } from "./icons";
import type { Offer } from "./offers";
import { pure } from "./pure";

export const TaskCard = pure(({ task, offer }: { task: Task; offer: Offer }) => (
  <div class={`row task ${task.status}`} data-task={task.name}>
    <div class="task-head">
      <Mark status={task.status} />
      <span class="task-title">{task.title}</span>
      <Steps task={task} />
    </div>
    {task.status === "running" && task.note && <p class="task-note">{task.note}</p>}
    {task.status === "running" && <Bar task={task} />}
    {offer !== null && <Acts key={offer} task={task} offer={offer} />}
  </div>
));

/** It may have ended by itself while the button was being pressed: the log says so soon. */
const TOO_LATE = "ended";
/** The server's reasons why what was asked for cannot be asked for again. */
const NEVER = ["completed", "uncertain", "too_old", "forbidden"];

function Acts({ task, offer }: { task: Task; offer: Offer }): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const { failure, attempt } = useAttempt();
  const never = failure !== null && NEVER.includes(failure);
  const acts = useRef<HTMLParagraphElement>(null);
  const toLog = () => acts.current?.closest<HTMLElement>("[role=log]")?.focus(); // The button with the focus goes away.
  useEffect(() => {
    if (never) toLog();
  }, [never]);
  const act = () => (offer === "retry" ? client.retryTask(task.taskId) : cancel());
  const cancel = () =>
    client.cancelTask(task.taskId).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.code === TOO_LATE)) throw error;
    });
  if (offer === "cancelling") return <p class="task-acts">{strings.cancelling}</p>;
  return (
    <p ref={acts} class="task-acts">
      {failure !== null && (
        <span role="alert" class="outcome failed">
          {never ? strings.notAgain : whyOf(failure, strings)}
        </span>
      )}
      {!never && (
        <button type="button" class="link" onClick={() => attempt(act, toLog)}>
          {offer === "retry" ? strings.retry : strings.cancel} <span class="unseen">{task.title}</span>
        </button>
      )}
    </p>
  );
}

function Mark({ status }: { status: Task["status"] }): ComponentChild {
  if (status === "completed") return <CheckIcon />;
  if (status === "failed") return <WarningIcon />;
  return <span class="spinner" aria-hidden="true" />;
}

function Steps({ task }: { task: Task }): ComponentChild {
  const { strings } = useSurroundings().language;
  if (task.status === "failed") {
    return <span class="task-steps">{task.reason === "cancelled" ? strings.taskCancelled : strings.taskFailed}</span>;
  }
  if (task.status === "completed" || !task.total) return null;
  return <span class="task-steps">{strings.steps(task.done ?? 0, task.total)}</span>;
}

/** Without a total there is nothing honest to measure: the spinner alone says that work is going on. */
function Bar({ task }: { task: Task }): ComponentChild {
  if (!task.total) return null;
  return <progress max={task.total} value={task.done ?? 0} aria-label={task.title} />;
}
