/** Who has a conversation, and so what an operator may do there. */

/** `mine` alone lets one write to the customer. `unknown`: before the first frame. */
export type Holder =
  | { kind: "unknown" }
  | { kind: "bot"; id: string }
  | { kind: "queue"; team: string }
  | { kind: "mine" }
  | { kind: "other"; id: string };

/** An owner as the log names it. What is no owner that we know is none. */
export function holderOf(owner: string | null, me: string): Holder {
  const [kind, ...rest] = (owner ?? "").split(":");
  const id = rest.join(":");
  if (kind === "bot") return { kind, id };
  if (kind === "queue") return { kind, team: id };
  if (kind === "operator") return id === me ? { kind: "mine" } : { kind: "other", id };
  return { kind: "unknown" };
}

/** Why an operator cannot write to the customer now; null if they can. */
export type Hindrance = "catching_up" | "closed" | "bot" | "queue" | "other";

/** `caughtUp`: everything that the log has is on the screen. A reply to less could be to the wrong question. */
export function hindranceOf(holder: Holder, caughtUp: boolean, closed: boolean): Hindrance | null {
  if (!caughtUp || holder.kind === "unknown") return "catching_up";
  if (closed) return "closed";
  return holder.kind === "mine" ? null : holder.kind;
}
