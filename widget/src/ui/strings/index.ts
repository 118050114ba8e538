/** Every word that the widget itself says. What people and bots say comes from the server. */

import { ar } from "./ar";
import { de } from "./de";
import { en } from "./en";

export type Strings = { [Key in keyof typeof en]: (typeof en)[Key] extends string ? string : (typeof en)[Key] };

const CATALOGUES: Record<string, Strings> = { ar, de, en };
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

export interface Language {
  locale: string;
  direction: "ltr" | "rtl";
  strings: Strings;
}

/** The catalogue of the locale's language; English, left to right, where there is none. */
export function languageOf(locale: string): Language {
  const language = locale.split("-")[0] ?? "en";
  const strings = CATALOGUES[language];
  if (!strings) return { locale: "en", direction: "ltr", strings: en };
  return { locale, direction: RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr", strings };
}

/** Names in a sentence: "Ada, Ben and Cem". */
export function listOf(names: readonly string[], locale: string): string {
  return new Intl.ListFormat(locale).format(names);
}
