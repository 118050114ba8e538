/** What is being written in one conversation, a reply and a note apart. It outlasts a look at another one, and a reload. */

import { useState } from "preact/hooks";
import type { Store } from "@switchboard/client";

export type Mode = "reply" | "note";

const keyOf = (id: string) => `draft:${id}`;

interface Draft {
  mode: Mode;
  reply: string;
  note: string;
  /** The note's; trying again with it adds the note once. */
  noteId: string;
}

export function useDraft(store: Store, id: string) {
  const [draft, setDraft] = useState<Draft>(() => store.get<Draft>(keyOf(id)) ?? empty("reply"));
  const become = (change: (now: Draft) => Draft) =>
    setDraft((now) => {
      const next = change(now);
      if (next.reply === "" && next.note === "") store.remove(keyOf(id));
      else store.set(keyOf(id), next);
      return next;
    });
  const { mode } = draft;
  return {
    mode,
    draft: draft[mode],
    noteId: draft.noteId,
    setMode: (to: Mode) => become((now) => ({ ...now, mode: to })),
    setDraft: (text: string) => become((now) => ({ ...now, [mode]: text })),
    /** This was said; what was written meanwhile stays. */
    said: (as: Mode, text: string) =>
      become((now) => ({
        ...now,
        [as]: now[as] === text ? "" : now[as],
        noteId: as === "note" ? newId() : now.noteId,
      })),
  };
}

function empty(mode: Mode): Draft {
  return { mode, reply: "", note: "", noteId: newId() };
}

/** 128 random bits. `crypto.randomUUID` needs a secure context, which a server on plain HTTP is not. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
