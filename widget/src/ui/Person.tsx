/** How people, operators and the bot are told apart. */

import type { ComponentChild } from "preact";
import type { Participant } from "@switchboard/client";
import { useSurroundings } from "./context";
import { hueOf, isPerson } from "./people";

/** The class that gives a person their colour; a bot has none. */
export function markOf(who: Participant): string {
  return isPerson(who) ? `person hue${hueOf(who.id)}` : "";
}

/** A word for those who are not there for themselves. */
export function Role({ role }: { role: Participant["role"] }): ComponentChild {
  const { strings } = useSurroundings().language;
  if (role !== "operator" && role !== "bot") return null;
  return <span class={`role ${role}`}>{strings[role]}</span>;
}
