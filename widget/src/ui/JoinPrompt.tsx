/** Somebody has followed a link to join: under which name, if at all. */

import type { ComponentChild, TargetedEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { View } from "@switchboard/client";
import { useAttempt, whyOf } from "./attempt";
import { useSurroundings } from "./context";
import { focusFor } from "./focus";
import { NameField } from "./OwnName";
import { ownName, unsentOf } from "./people";

/** What is said where an invitation lets nobody in, by the server's code; its answer will not get better. */
const REFUSALS: Record<string, "noLongerGood" | "noInvitation" | "full"> = {
  expired: "noLongerGood",
  used_up: "noLongerGood",
  revoked: "noLongerGood",
  not_found: "noInvitation",
  full: "full",
};

export interface JoinPromptProps {
  view: View;
  invitation: string;
  /** The link is good for nothing: another visit need not ask again. */
  onDead(): void;
  onAnswered(): void;
}

export function JoinPrompt({ view, invitation, onDead, onAnswered }: JoinPromptProps): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const [name, setName] = useState(ownName(view));
  const { failure, attempt } = useAttempt();
  const sheet = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const refusal = REFUSALS[failure ?? ""] ?? null;
  const unsent = unsentOf(view);
  useEffect(() => focusFor(field.current, sheet.current), [refusal]);
  useLayoutEffect(() => {
    if (refusal !== null && refusal !== "full") onDead(); // At once: the page may be loaded again right away.
  }, [refusal]);
  const wanted = name.trim();
  const join = (event: TargetedEvent) => {
    event.preventDefault();
    if (view.guest && wanted === "") return field.current?.focus();
    attempt(() => client.join(invitation, view.guest ? wanted : undefined), onAnswered);
  };
  return (
    <form ref={sheet} class="sheet join" aria-labelledby="invited" tabIndex={-1} noValidate onSubmit={join}>
      <h3 id="invited">{refusal === null || refusal === "full" ? strings.invited : strings.deadLink}</h3>
      {view.started && view.ended === null && refusal === null && <p>{strings.invitedInstead}</p>}
      {unsent > 0 && refusal === null && <p class="unsent">{strings.unsent(unsent)}</p>}
      {view.guest && refusal === null && <NameField value={name} field={field} onInput={setName} />}
      {failure !== null && (
        <p class="outcome failed" role="alert">
          {refusal === null ? whyOf(failure, strings) : strings[refusal]}
        </p>
      )}
      <div class="acts">
        {refusal === null && (
          <button type="submit" class="primary">
            {strings.join}
          </button>
        )}
        <button type="button" class="secondary" onClick={() => attempt(() => Promise.resolve(), onAnswered)}>
          {refusal === null ? strings.cancel : strings.back}
        </button>
      </div>
    </form>
  );
}
