/** What the visitor may do about a task; the server has the last word. */

import type { Message, Task, View } from "@switchboard/client";
import { obstacleOf } from "./Obstacle";
import { isMine } from "./people";

/** `cancelling`: it was asked to end already. */
export type Offer = "cancel" | "cancelling" | "retry" | null;

/** Failed so, not even a task with effects has done anything. */
const NOTHING_HAPPENED = ["refused", "unavailable"];

export function offerOf(view: View, task: Task): Offer {
  if (obstacleOf(view) !== null) return null;
  if (task.status === "running") return cancelOf(view, task);
  return task.status === "failed" && mayRetry(view, task) ? "retry" : null;
}

/** One with effects comes to its end though it is cancelled; one without a turn belongs to no answer. */
function cancelOf({ chat }: View, { taskId, turnId, effects }: Task): Offer {
  if (turnId === undefined || effects === true) return null;
  return chat.cancelling.includes(taskId) ? "cancelling" : "cancel";
}

/** Only who has asked may ask again, as long as they have asked nothing else, and where nothing would be done twice. */
function mayRetry({ chat, me }: View, task: Task): boolean {
  if (chat.turn !== null) return false;
  const turn = chat.tasks.filter(({ turnId }) => turnId === task.turnId);
  if (turn.some((one) => one.effects !== false && !NOTHING_HAPPENED.includes(one.reason ?? ""))) return false;
  const newest = chat.messages.findLast((message) => isMine(message, me));
  return newest !== undefined && turnOf(newest) === task.turnId;
}

/** The turn that answers a message is named after the message's place on the log. */
function turnOf({ offset }: Message): string {
  return `t${offset}`;
}
