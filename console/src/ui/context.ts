/** What nearly every component needs. */

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Console, ConsoleView } from "../console";
import type { Language } from "../strings";

export interface Surroundings {
  desk: Console;
  language: Language;
}

const Context = createContext<Surroundings | null>(null);

export const Provide = Context.Provider;

/** Raises `Error` outside of `Provide`. */
export function useSurroundings(): Surroundings {
  const value = useContext(Context);
  if (value === null) throw new Error("rendered outside of Provide");
  return value;
}

/** The console's view, at most one new one per frame however much happens. */
export function useView(desk: Console): ConsoleView {
  const [view, setView] = useState(desk.view);
  useEffect(() => {
    let frame = 0;
    const refresh = () => {
      frame = 0;
      setView(desk.view);
    };
    const later = () => {
      frame ||= document.hidden ? window.setTimeout(refresh, HIDDEN_MS) : requestAnimationFrame(refresh);
    };
    const unsubscribe = desk.subscribe(later);
    refresh();
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(frame);
      unsubscribe();
    };
  }, [desk]);
  return view;
}

/** A hidden page gets no frames, and its title has to say who waits all the same. */
const HIDDEN_MS = 200;

/** The time, every second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
