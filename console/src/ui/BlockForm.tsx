/** Shuts somebody out: who, and why. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { useSurroundings } from "./context";

const REASON_LIMIT = 200;

interface Props {
  /** The customer; left out, the form asks for it. */
  id?: string;
  onDone(): void;
  onCancel?(): void;
}

export function BlockForm({ id, onDone, onCancel }: Props): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const [who, setWho] = useState(id ?? "");
  const [reason, setReason] = useState("");
  const block = async () => {
    if (!(await desk.attempt(() => desk.desk.block(who.trim(), reason.trim())))) return;
    setReason("");
    if (id === undefined) setWho("");
    onDone();
  };
  return (
    <form
      class="stacked-form"
      onSubmit={(event) => {
        event.preventDefault();
        void block();
      }}
    >
      {id === undefined && (
        <label>
          {strings.card}
          <input required dir="ltr" placeholder="guest_…" value={who} onInput={({ currentTarget }) => setWho(currentTarget.value)} />
        </label>
      )}
      <label>
        {strings.blockWhy}
        <input required maxLength={REASON_LIMIT} dir="auto" value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
      </label>
      <p class="form-end">
        {onCancel && (
          <button type="button" class="button quiet" onClick={onCancel}>
            {strings.cancel}
          </button>
        )}
        <button type="submit" class="button danger">
          {strings.blockNow}
        </button>
      </p>
    </form>
  );
}
