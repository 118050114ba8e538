/** A question before something that cannot be undone. Escape, which the panel handles, means no. */

import type { ComponentChild } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface QuestionProps {
  question: string;
  warning: string;
  yes: string;
  no: string;
  /** Why the last yes came to nothing. */
  failure?: string | null;
  onYes(): void;
  onNo(): void;
}

export function Question(props: QuestionProps): ComponentChild {
  const yes = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => yes.current?.focus(), []); // At once: the button that was pressed may be gone, and Escape means no.
  return (
    <div class="question" role="group" aria-label={`${props.question} ${props.warning}`}>
      <p>
        <strong>{props.question}</strong> {props.warning}
      </p>
      {props.failure && (
        <p class="outcome failed" role="alert">
          {props.failure}
        </p>
      )}
      <button type="button" class="primary" ref={yes} onClick={props.onYes}>
        {props.yes}
      </button>
      <button type="button" class="secondary" onClick={props.onNo}>
        {props.no}
      </button>
    </div>
  );
}
