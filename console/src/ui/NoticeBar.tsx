/** What did not work, in a line that goes away. Who has begun to wait is in the list, and needs no line. */

import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import type { ConsoleView } from "../console";
import type { Strings } from "../strings";
import { useSurroundings } from "./context";
import { CloseIcon } from "./icons";

const SHOWN_MS = 8_000;

export function NoticeBar({ view }: { view: ConsoleView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { notice } = view;
  useEffect(() => {
    if (!notice) return undefined;
    const timer = setTimeout(() => desk.dismiss(), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice?.at]);
  const { holder } = view.open ?? {};
  const owner = holder?.kind === "other" ? desk.operator(holder.id)?.name : undefined;
  const text = wordsOf(view, language.strings, owner);
  return (
    <div class="notice-place" role="alert">
      {text && (
        <p class="notice">
          {text}
          <button type="button" class="icon-button" aria-label={language.strings.close} onClick={() => desk.dismiss()}>
            <CloseIcon />
          </button>
        </p>
      )}
    </div>
  );
}

function wordsOf({ notice }: ConsoleView, strings: Strings, owner: string | undefined): string {
  switch (notice?.kind) {
    case "owned":
      return strings.owned(owner ?? strings.somebody);
    case "nobody_waits":
      return strings.nobodyWaits;
    case "failed":
      return notice.why || strings.noAnswer;
    default:
      return "";
  }
}
