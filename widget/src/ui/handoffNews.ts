/** What a screen reader is told of the way to a person: each stage once, the place in the queue in moderation. */

import { useEffect, useRef } from "preact/hooks";
import type { Stage } from "./handoff";

/** A place is told no sooner than this after the last one. */
const PLACE_MS = 15_000;

interface Told {
  stage: string;
  position: number;
  /** When the last place was told; 0: none of this stage. */
  at: number;
}

export function useHandoffNews(stage: Stage | null, tell: (text: string) => void): void {
  const told = useRef<Told>({ stage: "", position: 0, at: 0 });
  const now = useRef(stage);
  now.current = stage;
  const key = stage === null ? "" : `${stage.kind} ${stage.id}`;
  const position = stage?.kind === "waiting" ? stage.position : 0;
  useEffect(() => {
    if (key === told.current.stage) return;
    told.current = { stage: key, position, at: position === 0 ? 0 : Date.now() };
    if (stage) tell(stage.kind === "waiting" && stage.place !== "" ? `${stage.text} · ${stage.place}` : stage.text);
  }, [key]);
  useEffect(() => {
    if (position === 0 || position === told.current.position) return undefined;
    const timer = setTimeout(() => {
      if (now.current?.kind !== "waiting") return;
      told.current = { ...told.current, position, at: Date.now() };
      tell(now.current.place);
    }, Math.max(0, told.current.at + PLACE_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [key, position]);
}
