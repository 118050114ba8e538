/** Why the bot said that: what it made of each message, asked for when somebody wants to know. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import type { WhyStep, WhyTurn } from "@switchboard/client";
import type { Explanation } from "../types";
import { useSurroundings } from "./context";
import { Facts, factsOf } from "./HandedOver";
import { useCall } from "./useCall";

export function Why({ id }: { id: string }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const [shown, setShown] = useState(false);
  const { value, state, again } = useCall(shown ? id : null, (about) => desk.desk.why(about));
  return (
    <details class="why" onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
      <summary>{strings.why}</summary>
      {shown && state === "failed" && <p class="empty">{strings.unavailable}</p>}
      {value && <Told {...value} />}
      {shown && state !== "loading" && (
        <button type="button" class="link" onClick={again}>
          {strings.refresh}
        </button>
      )}
    </details>
  );
}

function Told({ turns, slots, form, askedFor }: Explanation): ComponentChild {
  const { strings } = useSurroundings().language;
  const now = [form && ([strings.inForm, form] as const), askedFor && ([strings.askedFor, askedFor] as const)];
  return (
    <>
      <Facts rows={[...now.filter((row) => row !== null && row !== ""), ...factsOf(slots)]} />
      {turns.length === 0 && <p class="empty">{strings.heardNothing}</p>}
      <ol class="turns">
        {turns.toReversed().map((turn, at) => (
          <Turn key={turn.messageId ?? at} {...turn} />
        ))}
      </ol>
    </>
  );
}

function Turn({ text, heard, intents, entities, steps }: WhyTurn): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <li>
      <p class="turn-text" dir="auto">
        {text}
      </p>
      {!heard && <p class="empty">{strings.notHeard}</p>}
      {intents.slice(0, 3).map(({ name, confidence }) => (
        <p class="guess" key={name}>
          <span>{name}</span>
          {typeof confidence === "number" && <span>{percent(confidence)}</span>}
        </p>
      ))}
      {(entities as { entity?: unknown; value?: unknown }[]).map(({ entity, value }) => (
        <p class="step">{`${String(entity)}: ${String(value)}`}</p>
      ))}
      {steps.map((step) => (
        <p class="step">{stepOf(step)}</p>
      ))}
    </li>
  );
}

function stepOf(step: WhyStep): string {
  if (step.slot !== undefined) return `${step.slot} = ${JSON.stringify(step.value)}`;
  if (step.form !== undefined) return step.form ?? "–";
  const by = step.policy && typeof step.confidence === "number" ? ` (${step.policy}, ${percent(step.confidence)})` : "";
  return `→ ${step.action}${by}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
