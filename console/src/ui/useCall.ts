/** What a call answers, for as long as it is looked at. */

import { useEffect, useState } from "preact/hooks";

/** `failed` and `loading` have no value. `again` makes the call anew. */
export type Called<Value> = { value: Value | null; state: "loading" | "there" | "failed"; again(): void };

/** Made at first, and whenever `about` is another; null for not at all. An answer to an earlier question is dropped. */
export function useCall<Value>(about: string | null, call: (about: string) => Promise<Value>): Called<Value> {
  const [round, setRound] = useState(0);
  const [answer, setAnswer] = useState<Omit<Called<Value>, "again">>({ value: null, state: "loading" });
  useEffect(() => {
    let wanted = true;
    setAnswer({ value: null, state: "loading" });
    if (about === null) return undefined;
    const tell = (next: Omit<Called<Value>, "again">) => wanted && setAnswer(next);
    call(about).then(
      (value) => tell({ value, state: "there" }),
      () => tell({ value: null, state: "failed" }),
    );
    return () => {
      wanted = false;
    };
  }, [about, round]);
  return { ...answer, again: () => setRound((old) => old + 1) };
}
