/** Where the operator writes: to the customer, or a note that no customer sees. The two cannot be mistaken. */

import type { ComponentChild, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { expand, matching, queryOf, type Canned } from "../canned";
import type { ConversationView, OpenConversation } from "../conversation";
import { CannedMenu } from "./CannedMenu";
import { useSurroundings } from "./context";
import { customersOf } from "./ConversationPane";
import type { DialogName } from "./DeskPage";
import { HinderedBar } from "./HinderedBar";
import { SendIcon } from "./icons";
import type { Pen, Wish } from "./pen";
import { useDraft, type Mode } from "./useDraft";

/** The server's limit, in characters (not in UTF-16 units). */
const LIMIT = 4_000;

interface Props {
  open: ConversationView;
  pen: Pen;
  ask(dialog: DialogName): void;
}

export function Composer({ open, pen, ask }: Props): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const field = useRef<HTMLTextAreaElement>(null);
  const { mode, setMode, draft, setDraft, said, noteId } = useDraft(desk.own.store, open.id);
  const [saving, setSaving] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [picked, setPicked] = useState(0);
  const note = mode === "note";
  const over = Array.from(draft).length - LIMIT;
  const hindered = !note && open.hindrance !== null;
  // A connection that breaks for a moment takes nobody's words away: they may go on writing, and send when it is back.
  const pausing = open.hindrance === "catching_up" && open.holder.kind === "mine";
  const query = note || hindered ? null : queryOf(draft);
  const found = query === null ? [] : matching(desk.own.canned.all, query);
  const ready = draft.trim() !== "" && over <= 0 && !hindered && !saving;
  const customer = customersOf(open);

  const write = (text: string) => {
    setDraft(text);
    setPicked(0);
    setTrouble("");
    const writing = text.trim() !== "";
    if (note) desk.conversation?.typeNote(writing);
    else desk.conversation?.type(writing);
  };
  const use = ({ text }: Canned) => {
    write(expand(text, { customer, operator: desk.session.participant?.name ?? "" }));
    field.current?.focus();
  };
  const turn = (to: Mode) => {
    desk.conversation?.type(false);
    desk.conversation?.typeNote(false);
    pen.want(to);
  };
  const saveNote = async (here: OpenConversation) => {
    setSaving(true);
    try {
      await here.addNote(draft.trim(), noteId);
      said("note", draft);
    } catch (error) {
      setTrouble(`${strings.noteFailed} ${error instanceof Error ? error.message : ""}`);
    }
    setSaving(false);
    field.current?.focus();
  };
  const submit = () => {
    const here = desk.conversation;
    if (!ready || query !== null || here?.id !== open.id) return; // Another one was opened a moment ago.
    if (note) void saveNote(here);
    else if (here.send(draft.trim())) said("reply", draft);
    field.current?.focus();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.isComposing) return;
    if (query !== null && inMenu(event, found, picked, setPicked, use)) return event.preventDefault();
    if (event.key === "Escape") return event.currentTarget.blur();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    submit();
  };
  usePen(pen, (wish) => {
    if (wish.mode !== mode) setMode(wish.mode);
    else if (wish.canned && draft === "" && !hindered) setDraft("/");
    field.current?.focus();
    return wish.mode === mode && field.current !== null;
  });
  return (
    <form
      class={`composer ${mode}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Modes mode={mode} onTurn={turn} />
      {query !== null && <CannedMenu found={found} picked={picked} onUse={use} onManage={() => ask("canned")} />}
      {hindered && open.hindrance && !pausing ? (
        <HinderedBar open={open} hindrance={open.hindrance} kept={draft} pen={pen} />
      ) : (
        <div class="field" data-draft={`${draft}\n`}>
          <textarea
            ref={field}
            rows={2}
            value={draft}
            dir={draft === "" ? undefined : "auto"}
            placeholder={note ? strings.writeNote : strings.replyTo(customer)}
            aria-label={note ? strings.writeNote : strings.replyTo(customer)}
            aria-invalid={over > 0}
            aria-describedby="composer-remark"
            aria-autocomplete={note ? "none" : "list"}
            aria-controls={query === null ? undefined : "canned-menu"}
            aria-activedescendant={found.length > 0 ? `canned-${picked}` : undefined}
            onInput={({ currentTarget }) => write(currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          <button type="submit" class="send" disabled={!ready} aria-label={note ? strings.saveNote : strings.send}>
            <SendIcon />
          </button>
        </div>
      )}
      <p id="composer-remark" class="trouble" aria-live="polite">
        {over > 0 ? strings.tooLong(over) : hindered && pausing ? strings.catchingUp : trouble}
      </p>
    </form>
  );
}

/** Grants a wish as soon as that can be: `grant` says whether it could. */
function usePen(pen: Pen, grant: (wish: Wish) => boolean): void {
  const [, redraw] = useState(0);
  useEffect(() => pen.listen(() => redraw((round) => round + 1)), [pen]);
  useLayoutEffect(() => {
    const { wish } = pen;
    if (wish !== null && grant(wish)) pen.granted();
  });
}

/** Whether the key is the menu's. */
function inMenu(
  { key }: KeyboardEvent,
  found: readonly Canned[],
  picked: number,
  pick: (at: number) => void,
  use: (canned: Canned) => void,
): boolean {
  const chosen = found[picked];
  if (!chosen) return key === "Enter";
  if (key === "ArrowDown") pick((picked + 1) % found.length);
  else if (key === "ArrowUp") pick((picked + found.length - 1) % found.length);
  else if (key === "Enter" || key === "Tab") use(chosen);
  else return false;
  return true;
}

function Modes({ mode, onTurn }: { mode: Mode; onTurn(mode: Mode): void }): ComponentChild {
  const { strings } = useSurroundings().language;
  const button = (each: Mode, label: string, shown: string) => (
    <button type="button" class={each} aria-pressed={mode === each} title={`${label} (${shown})`} onClick={() => onTurn(each)}>
      {label}
    </button>
  );
  return (
    <div class="modes">
      {button("reply", strings.reply, "R")}
      {button("note", strings.note, "P")}
    </div>
  );
}
