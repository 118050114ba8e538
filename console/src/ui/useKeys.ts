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

/** A field may go away while somebody writes: what they still type is no command. */
const FINGERS_MS = 1_500;
const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export function useKeys(means: Means): void {
  const { desk } = useSurroundings();
  const latest = useRef(means);
  latest.current = means;
  useEffect(() => {
    let wroteAt = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      const writing = takesText(document.activeElement);
      if (event.key === "Escape") wroteAt = 0;
      else if (writing) wroteAt = Date.now();
      if (event.defaultPrevented || latest.current.dialog !== null) return;
      const halfWay = writing || Date.now() - wroteAt < FINGERS_MS;
      const action = actionOf(event, halfWay, singleKeys(desk.own.store), MAC);
      if (action === null) return;
      event.preventDefault();
      perform(action, desk, latest.current);
    };
    const onPointerDown = () => (wroteAt = 0);
    document.addEventListener("keydown", onKeyDown);
    document.addEventListener("pointerdown", onPointerDown, true);
    return () => {
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("pointerdown", onPointerDown, true);
    };
  }, [desk]);
}

function perform(action: Action, desk: Console, { pen, ask, toggleCard }: Means): void {
  const open = desk.view.open;
  const mine = open?.holder.kind === "mine";
  const write = () => pen.want("reply");
  const writeThen = pen.replyAfter(() => takesText(document.activeElement));
  switch (action) {
    case "next":
      return void desk.claimNext().then((taken) => taken && writeThen());
    case "claim":
      return void (open && !mine && desk.claim(open.id).then((taken) => taken && writeThen()));
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
