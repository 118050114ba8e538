/** Who the operator is, and whether they are there. */

import type { ComponentChild } from "preact";
import type { ConsoleView } from "../console";
import type { Status } from "../types";
import { useSurroundings } from "./context";
import type { DialogName } from "./DeskPage";
import { KeysIcon, LeaveIcon } from "./icons";

const STATUSES: readonly Status[] = ["online", "busy", "away"];

export function TopBar({ view, ask }: { view: ConsoleView; ask(dialog: DialogName): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  return (
    <header class="top">
      <h1>{strings.name}</h1>
      {view.link !== "open" && <p class="reconnecting">{strings.reconnecting}</p>}
      <div class="top-end">
        <Presence view={view} />
        <button type="button" class="button quiet" title={`${strings.search} (F)`} onClick={() => ask("search")}>
          {strings.find}
        </button>
        {view.supervisor && (
          <button type="button" class="button quiet wide-only" onClick={() => ask("blocks")}>
            {strings.blockList}
          </button>
        )}
        <button type="button" class="button quiet wide-only" onClick={() => ask("canned")}>
          {strings.cannedReplies}
        </button>
        <button type="button" class="icon-button" aria-label={strings.settings} title={`${strings.settings} (?)`} onClick={() => ask("keys")}>
          <KeysIcon />
        </button>
        <span class="my-name">
          <bdi>{view.me?.name}</bdi>
        </span>
        <button
          type="button"
          class="icon-button"
          aria-label={strings.signOut}
          title={strings.signOut}
          onClick={() => void desk.session.signOut()}
        >
          <LeaveIcon />
        </button>
      </div>
    </header>
  );
}

/** What the desk says of the operator, which is what everybody sees. */
function Presence({ view }: { view: ConsoleView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const status = desk.operator(view.me?.id)?.status ?? "offline";
  return (
    <fieldset class="segments">
      <legend class="unseen">{strings.presence}</legend>
      {STATUSES.map((each) => (
        <label key={each} class={`${each} ${status === each ? "chosen" : ""}`}>
          <input
            type="radio"
            class="unseen"
            name="presence"
            value={each}
            checked={status === each}
            onChange={() => void desk.setPresence(each)}
          />
          <span class="dot" aria-hidden="true" />
          {strings[each]}
        </label>
      ))}
    </fieldset>
  );
}
