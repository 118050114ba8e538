/** What the bot knew when it called for a person, so that nobody has to be asked twice. */

import type { ComponentChild } from "preact";
import type { Context } from "../types";
import { useSurroundings } from "./context";

/** A bot may hand over much; more lines than this are not read. */
const MOST = 20;

export function HandedOver({ context }: { context: Context | undefined }): ComponentChild {
  const { strings } = useSurroundings().language;
  const rows = rowsOf(context, strings.inForm, strings.askedFor, strings.understood);
  if (rows.length === 0) return null;
  return (
    <section class="handed-over">
      <h3>{strings.handedOver}</h3>
      <Facts rows={rows} />
    </section>
  );
}

/** Names and values, as the bot has them. */
export function Facts({ rows }: { rows: readonly (readonly [string, string])[] }): ComponentChild {
  return (
    <dl class="facts">
      {rows.slice(0, MOST).map(([name, value]) => (
        <div key={name}>
          <dt dir="auto">{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Rasa's own, which says nothing to people. */
const INTERNAL = new Set(["session_started_metadata", "requested_slot"]);

/** Whatever a slot holds, in a line; nothing for what has no value. */
export function factsOf(slots: unknown): [string, string][] {
  if (typeof slots !== "object" || slots === null) return [];
  return Object.entries(slots)
    .filter(([name, value]) => value !== null && value !== undefined && !INTERNAL.has(name))
    .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

function rowsOf(context: Context | undefined, form: string, asked: string, understood: string): [string, string][] {
  if (!context) return [];
  const rows: [string, string][] = [];
  if (typeof context.form === "string") rows.push([form, context.form]);
  if (typeof context.askedFor === "string") rows.push([asked, context.askedFor]);
  if (Array.isArray(context.intents) && context.intents.length > 0) rows.push([understood, context.intents.join(", ")]);
  return [...rows, ...factsOf(context.slots)];
}
