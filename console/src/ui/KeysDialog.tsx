/** What the keys do, whether they do, and how the operator wants to be told. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { ALERTS, type Alert } from "../alerts";
import { KEYS } from "../keys";
import { useSurroundings } from "./context";
import type { DialogName } from "./DeskPage";
import { Dialog } from "./Dialog";
import { chooseSingleKeys, singleKeys } from "./preferences";

interface Props {
  supervisor: boolean;
  ask(dialog: DialogName): void;
  onClose(): void;
}

export function KeysDialog({ supervisor, ask, onClose }: Props): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <Dialog title={strings.settings} onClose={onClose}>
      <AlertChoice />
      <p class="dialog-links">
        <button type="button" class="link" onClick={() => ask("canned")}>
          {strings.cannedReplies}
        </button>
        {supervisor && (
          <button type="button" class="link" onClick={() => ask("blocks")}>
            {strings.blockList}
          </button>
        )}
      </p>
      <h3>{strings.keys}</h3>
      <dl class="keys">
        {KEYS.map(({ action, shown }) => (
          <div key={action}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{strings.actions[action]}</dd>
          </div>
        ))}
      </dl>
      <p class="empty">{strings.keysHelp}</p>
      <SingleKeys />
    </Dialog>
  );
}

function SingleKeys(): ComponentChild {
  const { desk, language } = useSurroundings();
  const { store } = desk.own;
  const [single, setSingle] = useState(singleKeys(store));
  const choose = (on: boolean) => {
    chooseSingleKeys(store, on);
    setSingle(on);
  };
  return (
    <label class="check">
      <input type="checkbox" checked={single} onChange={({ currentTarget }) => choose(currentTarget.checked)} />
      {language.strings.singleKeys}
    </label>
  );
}

function AlertChoice(): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { alerts } = desk.own;
  const [choice, setChoice] = useState(alerts.choice);
  return (
    <fieldset class="segments">
      <legend>{strings.alerts}</legend>
      {ALERTS.map((each: Alert) => (
        <label key={each} class={choice === each ? "chosen" : ""}>
          <input
            type="radio"
            class="unseen"
            name="alert"
            checked={choice === each}
            onChange={() => void alerts.choose(each).then(setChoice)}
          />
          {strings[each]}
        </label>
      ))}
    </fieldset>
  );
}
