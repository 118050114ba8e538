/** A question or a list in front of everything else. The browser keeps the focus in it, and gives it back. */

import type { ComponentChildren, ComponentChild } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useSurroundings } from "./context";
import { CloseIcon } from "./icons";

interface Props {
  title: string;
  onClose(): void;
  /** A key inside; true if it meant something. */
  onKey?(key: string): boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, onKey, children }: Props): ComponentChild {
  const { strings } = useSurroundings().language;
  const box = useRef<HTMLDialogElement>(null);
  const there = useRef(true);
  useLayoutEffect(() => { // Before the next key: two of them resolve a conversation.
    const dialog = box.current;
    dialog?.showModal();
    return () => {
      there.current = false; // The browser tells of this end later, when another dialog may be open.
      dialog?.close();
    };
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onClose={() => there.current && onClose()}
      onClick={(event) => event.target === box.current && onClose()}
      onKeyDown={(event) => {
        const writing = event.target instanceof HTMLElement && event.target.matches("input:not([type=checkbox]), textarea");
        if (!writing && !event.ctrlKey && !event.metaKey && onKey?.(event.key)) event.preventDefault();
      }}
    >
      <div class="dialog">
        <div class="dialog-head">
          <h2>{title}</h2>
          <button type="button" class="icon-button" aria-label={strings.close} onClick={onClose}>
            <CloseIcon />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
