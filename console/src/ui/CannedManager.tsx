/** The operator's canned replies: written, changed, removed. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { NAME_LIMIT, TEXT_LIMIT } from "../canned";
import { useSurroundings } from "./context";
import { Dialog } from "./Dialog";

export function CannedManager({ onClose }: { onClose(): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { canned } = desk.own;
  const [all, setAll] = useState(canned.all);
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const begin = (wanted: { name: string; text: string }) => {
    setName(wanted.name);
    setText(wanted.text);
  };
  const save = () => {
    if (!canned.save(name, text)) return;
    setAll(canned.all);
    begin({ name: "", text: "" });
  };
  const remove = (wanted: string) => {
    canned.remove(wanted);
    setAll(canned.all);
  };
  return (
    <Dialog title={strings.cannedReplies} onClose={onClose}>
      <p class="empty">{strings.cannedHelp}</p>
      <ul class="entries">
        {all.map((each) => (
          <li key={each.name}>
            <div class="entry">
              <strong>/{each.name}</strong>
              <span dir="auto">{each.text}</span>
            </div>
            <button type="button" class="link" aria-label={`${strings.edit}: ${each.name}`} onClick={() => begin(each)}>
              {strings.edit}
            </button>
            <button type="button" class="link" aria-label={`${strings.remove}: ${each.name}`} onClick={() => remove(each.name)}>
              {strings.remove}
            </button>
          </li>
        ))}
      </ul>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <label>
          {strings.cannedName}
          <input required maxLength={NAME_LIMIT} value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
        </label>
        <label>
          {strings.cannedText}
          <textarea
            required
            rows={3}
            maxLength={TEXT_LIMIT}
            dir="auto"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary">
          {strings.save}
        </button>
      </form>
    </Dialog>
  );
}
