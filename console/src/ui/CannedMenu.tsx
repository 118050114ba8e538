/** The canned replies that a draft like `/he` may mean. The focus stays in the field. */

import type { ComponentChild } from "preact";
import type { Canned } from "../canned";
import { useSurroundings } from "./context";

/** More than these would not be looked through. */
const MOST = 8;

interface Props {
  found: readonly Canned[];
  picked: number;
  onUse(canned: Canned): void;
  onManage(): void;
}

export function CannedMenu({ found, picked, onUse, onManage }: Props): ComponentChild {
  const { strings } = useSurroundings().language;
  const from = Math.max(0, Math.min(picked - MOST + 1, found.length - MOST));
  return (
    <div class="canned">
      {found.length === 0 && <p class="empty">{strings.noCanned}</p>}
      <ul id="canned-menu" role="listbox" aria-label={strings.cannedReplies}>
        {found.slice(from, from + MOST).map((canned, place) => {
          const at = from + place;
          return (
            <li
              key={canned.name}
              id={`canned-${at}`}
              role="option"
              aria-selected={at === picked}
              onPointerDown={(event) => {
                event.preventDefault(); // The field keeps the focus.
                onUse(canned);
              }}
            >
              <strong>/{canned.name}</strong> <span dir="auto">{canned.text}</span>
            </li>
          );
        })}
      </ul>
      <button type="button" class="link" onClick={onManage}>
        {strings.manage}
      </button>
    </div>
  );
}
