/** Above the field: that the visitor waits for a person, who has come, and that the bot goes on, or how it was. */

import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "@switchboard/client";
import { useAttempt, whyOf } from "./attempt";
import { useSurroundings } from "./context";
import type { Stage } from "./handoff";
import { PersonIcon } from "./icons";
import { Rating, type RatingProps } from "./Rating";

export interface HandoffBannerProps {
  stage: Stage | null;
  /** The server has said that nobody is there. */
  alone: boolean;
  /** Why no person could be asked for. */
  failure: string | null;
  /** The visitor goes on with the bot, or has rated: the button that had the focus goes away. */
  onGoneOn(): void;
}

export function HandoffBanner({ stage, alone, failure, onGoneOn }: HandoffBannerProps): ComponentChild {
  const { strings } = useSurroundings().language;
  const rating = useRated(stage);
  if (rating !== null) return <Rating key={rating.handoffId} {...rating} onOver={onGoneOn} />;
  if (stage === null) return failure !== null && <Failure text={failure} />;
  const waiting = stage.kind === "waiting";
  return (
    <div class={`handoff ${stage.kind}`}>
      <PersonIcon />
      <p>
        <strong>{stage.text}</strong>
        {waiting && stage.place !== "" && ` · ${stage.place}`}
        {waiting && alone && <span class="alone">{strings.nobodyThere}</span>}
      </p>
      {waiting && <GoOn onGoneOn={onGoneOn} />}
    </div>
  );
}

/** What the visitor is asked, also while and after they answer, when the log says that it is rated; until they go on. */
function useRated(stage: Stage | null): Omit<RatingProps, "onOver"> | null {
  const [answered, setAnswered] = useState<{ handoffId: string; question: string } | null>(null);
  const back = stage?.kind === "back";
  useEffect(() => setAnswered(null), [back]);
  if (!back) return null;
  const asked = stage.toRate === null ? answered : { handoffId: stage.toRate, question: stage.text };
  return asked && { ...asked, onAnswer: () => setAnswered(asked) };
}

function GoOn({ onGoneOn }: Pick<HandoffBannerProps, "onGoneOn">): ComponentChild {
  const { client, language } = useSurroundings();
  const { failure, attempt } = useAttempt();
  const why = whyOf(failure, language.strings);
  const goOn = () => attempt(() => client.stopWaiting().catch(unlessOwned), onGoneOn);
  return (
    <>
      <button type="button" class="secondary" onClick={goOn}>
        {language.strings.goOnWithBot}
      </button>
      {why !== null && <Failure text={why} />}
    </>
  );
}

/** A person may have come while the button was being pressed: the log says so soon. Raises what is not that. */
export function unlessOwned(error: unknown): void {
  if (!(error instanceof ApiError && error.code === "owned")) throw error;
}

function Failure({ text }: { text: string }): ComponentChild {
  return (
    <p class="handoff outcome failed" role="alert">
      {text}
    </p>
  );
}
