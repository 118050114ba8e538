/** Replies that an operator keeps ready, with fields that are filled in. They stay in this browser. */

import type { Store } from "@switchboard/client";

export interface Canned {
  /** What is typed after `/`: lower case, no blanks. */
  name: string;
  text: string;
}

export interface Fields {
  customer: string;
  operator: string;
}

const KEY = "canned";
const MOST = 200;
export const NAME_LIMIT = 30;
export const TEXT_LIMIT = 4_000;

/** What there is at first: enough to see what they are for. */
const FIRST: readonly Canned[] = [
  { name: "hello", text: "Hello {{customer}}, this is {{operator}}. Let me look into it." },
  { name: "moment", text: "One moment please, I am checking that for you." },
  { name: "anything", text: "Is there anything else that I can do for you, {{customer}}?" },
];

export class CannedReplies {
  readonly #store: Store;
  #all: readonly Canned[];

  constructor(store: Store) {
    this.#store = store;
    this.#all = store.get<Canned[]>(KEY) ?? FIRST;
  }

  /** By name. */
  get all(): readonly Canned[] {
    return this.#all;
  }

  /** Adds one, or takes the place of the one of that name. False for what has no name or no text, or beyond 200. */
  save(name: string, text: string): boolean {
    const wanted = { name: nameOf(name), text: text.trim().slice(0, TEXT_LIMIT) };
    const others = this.#all.filter((canned) => canned.name !== wanted.name);
    if (!wanted.name || !wanted.text || others.length >= MOST) return false;
    this.#keep([...others, wanted].sort((a, b) => a.name.localeCompare(b.name)));
    return true;
  }

  remove(name: string): void {
    this.#keep(this.#all.filter((canned) => canned.name !== name));
  }

  #keep(all: readonly Canned[]): void {
    this.#all = all;
    this.#store.set(KEY, all);
  }
}

export function nameOf(text: string): string {
  return text.trim().toLowerCase().replace(/^\//, "").replace(/\s+/g, "-").slice(0, NAME_LIMIT);
}

/** What a draft asks for: the word after a `/` at its beginning; null if it is no such draft. */
export function queryOf(draft: string): string | null {
  return /^\/(\S*)$/.exec(draft)?.[1]?.toLowerCase() ?? null;
}

/** Names that begin so first, then whatever has it in its name or text. */
export function matching(all: readonly Canned[], query: string): Canned[] {
  const begins = all.filter(({ name }) => name.startsWith(query));
  const has = all.filter(({ name, text }) => !name.startsWith(query) && `${name} ${text.toLowerCase()}`.includes(query));
  return [...begins, ...has];
}

/** The fields filled in, in one pass: a customer's name that looks like a field stays a name. Unknown ones stay. */
export function expand(text: string, fields: Fields): string {
  return text.replace(/\{\{\s*(customer|operator)\s*\}\}/g, (_, field: keyof Fields) => fields[field]);
}
