/** The keys, on the whole page. */

import { useEffect, useRef } from "preact/hooks";
import type { Console } from "../console";
import { actionOf, takesText, type Action } from "../keys";
import { useSurroundings } from "./context";
import type { DialogName } from "./DeskPage";
import type { Pen } from "./pen";
import { singleKeys } from "./preferences";

interface Means {
  pen: Pen;
  /** The dialog that is open: keys are its own then. */
  dialog: DialogName | null;
  ask(dialog: DialogName): void;
  toggleCard(): void;
}

export function useKeys(means: Means): void {
  const { desk } = useSurroundings();
  const latest = useRef(means);
  latest.current = means;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || latest.current.dialog !== null) return;
      const action = actionOf(event, takesText(document.activeElement), singleKeys(desk.own.store));
      if (action === null) return;
      event.preventDefault();
      perform(action, desk, latest.current);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [desk]);
}

function perform(action: Action, desk: Console, { pen, ask, toggleCard }: Means): void {
  const open = desk.view.open;
  const mine = open?.holder.kind === "mine";
  const write = () => pen.want("reply");
  switch (action) {
    case "next":
      return void desk.claimNext().then((taken) => taken && write());
    case "claim":
      return void (open && !mine && desk.claim(open.id).then((taken) => taken && write()));
    case "reply":
      return write();
    case "canned":
      return pen.want("reply", true);
    case "note":
      return pen.want("note");
    case "resolve":
    case "transfer":
      return mine ? ask(action) : undefined;
    case "queue":
    case "bot":
      return void (open && mine && desk.attempt(() => desk.desk.release(open.id, action)));
    case "down":
      return desk.step(1);
    case "up":
      return desk.step(-1);
    case "find":
      return ask("search");
    case "card":
      return toggleCard();
    case "help":
      return ask("keys");
  }
}
