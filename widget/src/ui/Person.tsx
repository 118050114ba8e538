/** How people, operators and the bot are told apart. */

import type { ComponentChild } from "preact";
import type { Participant } from "@switchboard/client";
import { useSurroundings } from "./context";

/** The class that gives a person their colour; a bot has none. */
export function markOf(hue: number | undefined): string {
  return hue === undefined ? "" : `person hue${hue}`;
}

/** A word for those who are not there for themselves. */
export function Role({ role }: { role: Participant["role"] }): ComponentChild {
  const { strings } = useSurroundings().language;
  if (role !== "operator" && role !== "bot") return null;
  return <span class={`role ${role}`}>{strings[role]}</span>;
}
