/** The list of conversations as an operator sees it, from what the desk says. */

import type { Case, DeskState, Operator } from "./types";

export interface Sections {
  /** In the order in which they are due. */
  waiting: readonly Case[];
  mine: readonly Case[];
  others: readonly Case[];
}

/** A queue's own order is the server's; without a position the more urgent comes first, then who waits for longer. */
export function sectionsOf({ conversations }: DeskState, me: string): Sections {
  const pending = conversations.filter(({ status }) => status === "pending");
  const assigned = conversations.filter(({ status }) => status === "assigned").sort((a, b) => a.since - b.since);
  return {
    waiting: pending.sort(byTurn),
    mine: assigned.filter(({ participantId }) => participantId === me),
    others: assigned.filter(({ participantId }) => participantId !== me),
  };
}

function byTurn(a: Case, b: Case): number {
  const inOneQueue = a.team === b.team && a.position !== undefined && b.position !== undefined;
  if (inOneQueue) return (a.position as number) - (b.position as number);
  return b.priority - a.priority || a.since - b.since;
}

/** All of them from top to bottom. */
export function inOrder({ waiting, mine, others }: Sections): Case[] {
  return [...mine, ...waiting, ...others];
}

/** What the operator should take next: of their own teams, or where nothing waits there, of any. */
export function nextWaiting(desk: DeskState, me: string): Case | null {
  const { waiting } = sectionsOf(desk, me);
  const teams = operatorOf(desk, me)?.teams ?? [];
  return waiting.find(({ team }) => teams.includes(team)) ?? waiting[0] ?? null;
}

/** What has begun to wait since. The first look is not news. */
export function arrivals(before: DeskState | null, after: DeskState): Case[] {
  if (before === null) return [];
  const known = new Set(before.conversations.filter(isPending).map(({ handoffId }) => handoffId));
  return after.conversations.filter((item) => isPending(item) && !known.has(item.handoffId));
}

function isPending({ status }: Case): boolean {
  return status === "pending";
}

/** The one after or before that one in the list, which does not go round. */
export function neighbour(list: readonly Case[], id: string | null, step: 1 | -1): Case | null {
  const at = list.findIndex(({ conversationId }) => conversationId === id);
  if (at < 0) return (step > 0 ? list[0] : list.at(-1)) ?? null;
  return list[at + step] ?? null;
}

export function operatorOf({ operators }: DeskState, id: string | undefined): Operator | null {
  return operators.find(({ participantId }) => participantId === id) ?? null;
}

/** Others who could take a conversation over, the least busy first. */
export function colleagues({ operators }: DeskState, me: string): Operator[] {
  const there = operators.filter(({ participantId, status }) => participantId !== me && status !== "offline");
  const rank = { online: 0, busy: 1, away: 2, offline: 3 };
  return there.sort((a, b) => rank[a.status] - rank[b.status] || a.holds - b.holds || a.name.localeCompare(b.name));
}

/** What a case is called: its customers' names. */
export function titleOf({ customers, conversationId }: Case): string {
  return customers.map(({ name }) => name).join(", ") || conversationId;
}
