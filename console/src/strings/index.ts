/** Every word that the console itself says. What people and bots say comes from the server. */

import { ar } from "./ar";
import { de } from "./de";
import { en, type Strings } from "./en";

export type { Strings };

const CATALOGUES: Record<string, Strings> = { ar, de, en };

export interface Language {
  locale: string;
  direction: "ltr" | "rtl";
  strings: Strings;
}

/** The catalogue of the locale's language; English where there is none. */
export function languageOf(locale: string): Language {
  const language = locale.split("-")[0] ?? "en";
  const strings = CATALOGUES[language];
  if (!strings) return { locale: "en", direction: "ltr", strings: en };
  return { locale, direction: language === "ar" ? "rtl" : "ltr", strings };
}

/** A code of the server's in words, or as it is. */
export function worded(words: Record<string, string>, code: string): string {
  return Object.hasOwn(words, code) ? (words[code] as string) : code.replaceAll("_", " ");
}
