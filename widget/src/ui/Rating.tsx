/** After people have settled something: how it was, from one star to five, in words too if one likes. Sent once, at the end. */

import type { ComponentChild, TargetedEvent } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAttempt, whyOf } from "./attempt";
import { useSurroundings } from "./context";
import { focusFor } from "./focus";
import { StarIcon } from "./icons";

/** The best. */
const MOST = 5;
const STARS = Array.from({ length: MOST }, (_, at) => at + 1);

/** The server's limit. */
const COMMENT_LIMIT = 1_000;

export interface RatingProps {
  handoffId: string;
  question: string;
  /** Before anything is sent: the log may say that it is rated before the server answers us. */
  onAnswer(): void;
  /** It is over, either way: what had the focus goes away. */
  onOver(): void;
}

export function Rating({ handoffId, question, onAnswer, onOver }: RatingProps): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const [rating, setRating] = useState(0);
  const [step, setStep] = useState<"asked" | "rated" | "declined">("asked");
  const { failure, attempt } = useAttempt();
  const why = whyOf(failure, strings);
  const end = (how: "rated" | "declined") => {
    setStep(how);
    onOver();
  };
  const decline = () => {
    onAnswer();
    end("declined");
  };
  const send = (comment: string) => {
    onAnswer();
    attempt(() => client.rate(handoffId, rating, comment), () => end("rated"));
  };
  if (step === "declined") return null;
  return (
    <div class="handoff rating">
      {step === "asked" && (
        <>
          <p>
            <strong>{question}</strong>
          </p>
          {rating === 0 && (
            <button type="button" class="link" onClick={decline}>
              {strings.noThanks}
            </button>
          )}
          <Stars label={question} rating={rating} onRate={setRating} />
          {rating > 0 && <Comment onSend={send} />}
          {why !== null && (
            <p class="failed" role="alert">
              {why}
            </p>
          )}
        </>
      )}
      {/* There from the start: a screen reader tells what changes in a region that it knows. */}
      <p class="thanks" role="status">
        {step === "rated" && strings.thankYou}
      </p>
    </div>
  );
}

interface StarsProps {
  label: string;
  rating: number;
  onRate(rating: number): void;
}

function Stars({ label, rating, onRate }: StarsProps): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <div class="stars" role="group" aria-label={label}>
      {STARS.map((count) => (
        <button
          key={count}
          type="button"
          class={count <= rating ? "star lit" : "star"}
          aria-label={strings.steps(count, MOST)}
          aria-pressed={count === rating}
          onClick={() => onRate(count)}
        >
          <StarIcon />
        </button>
      ))}
    </div>
  );
}

function Comment({ onSend }: { onSend(comment: string): void }): ComponentChild {
  const { strings } = useSurroundings().language;
  const [comment, setComment] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => focusFor(field.current, null), []); // It tells a screen reader what there is now.
  const submit = (event: TargetedEvent) => {
    event.preventDefault();
    onSend(comment.trim());
  };
  return (
    <form onSubmit={submit}>
      <label class="labelled">
        {strings.comment}
        <input
          ref={field}
          type="text"
          dir="auto"
          autocomplete="off"
          maxLength={COMMENT_LIMIT}
          value={comment}
          onInput={({ currentTarget }) => setComment(currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        {strings.send}
      </button>
      <button type="button" class="secondary" onClick={() => onSend("")}>
        {strings.skip}
      </button>
    </form>
  );
}
