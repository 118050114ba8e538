/** Tells a screen reader, and whoever looks elsewhere, that somebody waits. Once each; what is said there is read on demand. */

import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ConsoleView } from "../console";
import { useSurroundings } from "./context";

export function AnnounceArrivals({ view }: { view: ConsoleView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const [said, setSaid] = useState("");
  const { notice } = view;
  useEffect(() => {
    if (notice?.kind !== "arrived") return;
    const text = language.strings.arrived(notice.names.join(", "));
    setSaid(text);
    desk.own.alerts.tell(text);
  }, [notice]);
  return (
    <div class="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
