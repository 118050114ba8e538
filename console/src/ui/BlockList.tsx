/** Who is shut out, by whom and why; for supervisors. */

import type { ComponentChild } from "preact";
import type { Block } from "../types";
import { BlockForm } from "./BlockForm";
import { useSurroundings } from "./context";
import { Dialog } from "./Dialog";
import { useCall } from "./useCall";

export function BlockList({ onClose }: { onClose(): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { value: blocks, state, again } = useCall("blocks", () => desk.desk.blocks());
  const unblock = async (block: Block) => {
    if (await desk.attempt(() => desk.desk.unblock(block))) again();
  };
  return (
    <Dialog title={strings.blockList} onClose={onClose}>
      {state === "failed" && <p class="empty">{strings.unavailable}</p>}
      {state === "there" && blocks?.length === 0 && <p class="empty">{strings.noBlocks}</p>}
      <ul class="entries">
        {blocks?.map((block) => {
          const who = block.participantId ?? block.address ?? "";
          return (
            <li key={who}>
              <div class="entry">
                <strong dir="ltr">{who}</strong>
                <span dir="auto">{block.reason}</span>
                {block.until !== undefined && <span>{strings.until(new Date(block.until).toLocaleString(language.locale))}</span>}
              </div>
              <button type="button" class="link" aria-label={`${strings.unblock}: ${who}`} onClick={() => void unblock(block)}>
                {strings.unblock}
              </button>
            </li>
          );
        })}
      </ul>
      <BlockForm onDone={again} />
    </Dialog>
  );
}
