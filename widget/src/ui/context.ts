/** What nearly every component needs. */

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { ChatClient, View } from "@switchboard/client";
import type { Language } from "./strings";

export interface Surroundings {
  client: ChatClient;
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

/** The client's view, at most one new one per frame however many deltas arrive. */
export function useView(client: ChatClient): View {
  const [view, setView] = useState(client.view);
  useEffect(() => {
    let frame = 0;
    const refresh = () => {
      frame = 0;
      setView(client.view);
    };
    const unsubscribe = client.subscribe(() => {
      frame ||= requestAnimationFrame(refresh);
    });
    refresh();
    return () => {
      cancelAnimationFrame(frame);
      unsubscribe();
    };
  }, [client]);
  return view;
}
