/** What the host page says on the script tag. */

export interface Options {
  /** Origin (and path, behind a proxy that adds one) of the chat server: where the script came from. */
  server: string;
  title: string | null;
  accent: string | null;
  /** Open the panel without a click, unless the visitor has closed it in this tab. */
  open: boolean;
  greeting: string | null;
  locale: string;
  /** Where the host says who is signed in; null: everybody is a guest. */
  identity: string | null;
}

/** `page` supplies the language when the tag names none. */
export function readOptions(script: HTMLScriptElement, page: Document): Options {
  const { title, accent, open, greeting, locale, identity } = script.dataset;
  return {
    server: new URL(".", script.src).href.replace(/\/$/, ""),
    title: title || null,
    accent: accent || null,
    open: open !== undefined && open !== "false",
    greeting: greeting || null,
    locale: validLocale(locale) ?? validLocale(page.documentElement.lang) ?? navigator.language,
    identity: identity ? new URL(identity, page.baseURI).href : null,
  };
}

/** A tag that `Intl` would reject must not keep the chat from opening. */
function validLocale(tag: string | undefined): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    return null;
  }
}
