/** The buttons of a message: quick replies. They stay to be seen, but only the newest can be pressed. */

import type { ComponentChild } from "preact";
import type { Button } from "@switchboard/client";
import { CheckIcon } from "./icons";
import { useSurroundings } from "./context";

export interface ChoicesProps {
  buttons: readonly Button[];
  open: boolean;
  chosen: string | null;
  onPress(button: Button): void;
}

export function Choices({ buttons, open, chosen, onPress }: ChoicesProps): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <div class="choices" role="group" aria-label={strings.choices}>
      {buttons.map((button) => {
        const pressed = button.payload === chosen;
        return (
          <button type="button" key={button.payload} disabled={!open} aria-pressed={pressed} onClick={() => onPress(button)}>
            {pressed && <CheckIcon />}
            {button.title}
          </button>
        );
      })}
    </div>
  );
}
