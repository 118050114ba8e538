/** What a guest is called: asked for, one line. */

import type { ComponentChild, RefObject, TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { useAttempt } from "./attempt";
import { useSurroundings } from "./context";

/** The server's limit. */
const NAME_LIMIT = 60;

interface FieldProps {
  value: string;
  field: RefObject<HTMLInputElement> | null;
  onInput(name: string): void;
}

export function NameField(props: FieldProps): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <label class="labelled">
      {strings.yourName}
      <input
        ref={props.field}
        type="text"
        dir="auto"
        autocomplete="name"
        maxLength={NAME_LIMIT}
        required
        value={props.value}
        onInput={({ currentTarget }) => props.onInput(currentTarget.value)}
      />
    </label>
  );
}

/** In the people panel. */
export function OwnName({ name }: { name: string }): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const [draft, setDraft] = useState(name);
  const [saved, setSaved] = useState(false);
  const { failure, attempt } = useAttempt();
  const wanted = draft.trim();
  const save = (event: TargetedEvent) => {
    event.preventDefault();
    if (wanted !== "") attempt(() => client.rename(wanted), () => setSaved(true));
  };
  return (
    <form class="own-name" onSubmit={save}>
      <NameField
        value={draft}
        field={null}
        onInput={(text) => {
          setDraft(text);
          setSaved(false);
        }}
      />
      <button type="submit" class="secondary">
        {strings.save}
      </button>
      <p class="outcome" role="status">
        {failure !== null ? strings.notDone : saved && strings.saved}
      </p>
    </form>
  );
}
