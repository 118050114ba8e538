/** The open chat. */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Button, ChatClient, View } from "@switchboard/client";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import { useSurroundings } from "./context";
import { Header } from "./Header";
import { MessageList } from "./MessageList";

export interface PanelProps {
  view: View;
  title: string;
  greeting: string | null;
  open: boolean;
  /** Whether opening moves the focus here: not when the page opened the panel by itself. */
  takesFocus: boolean;
  onClose(): void;
}

export function Panel({ view, title, greeting, open, takesFocus, onClose }: PanelProps): ComponentChild {
  const { client } = useSurroundings();
  const field = useRef<HTMLTextAreaElement>(null);
  const panel = useRef<HTMLElement>(null);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (open && takesFocus) focusFor(field.current, panel.current);
  }, [open]);

  useSeeing(client, view, open);
  const onPress = (button: Button) => {
    client.press(button);
    focusFor(field.current, panel.current); // The button is disabled now, which would drop the focus to the page.
  };
  const stopAsking = () => {
    setAsking(false);
    focusFor(field.current, panel.current);
  };
  return (
    <section
      ref={panel}
      id="panel"
      class="panel"
      role="dialog"
      aria-labelledby="title"
      tabIndex={-1}
      hidden={!open}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        if (asking) stopAsking();
        else onClose();
      }}
    >
      <Header
        title={title}
        link={view.link}
        live={view.live}
        started={view.started}
        onStartOver={() => setAsking(true)}
        onClose={onClose}
      />
      {asking && (
        <StartOver
          onYes={() => {
            client.startOver();
            stopAsking();
          }}
          onNo={stopAsking}
        />
      )}
      <MessageList view={view} greeting={greeting} onPress={onPress} />
      <Composer field={field} answering={view.chat.turn !== null} />
      <Announcer view={view} />
    </section>
  );
}

/** Tells the others what the visitor has read: while the panel is open and the page is looked at. */
function useSeeing(client: ChatClient, view: View, open: boolean): void {
  useEffect(() => {
    const look = () => open && document.visibilityState === "visible" && client.see();
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [client, view, open]);
}

function StartOver({ onYes, onNo }: { onYes(): void; onNo(): void }): ComponentChild {
  const { strings } = useSurroundings().language;
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  return (
    <div class="question" role="group" aria-labelledby="question">
      <p id="question">
        <strong>{strings.startOverQuestion}</strong> {strings.startOverWarning}
      </p>
      <button type="button" class="primary" ref={yes} onClick={onYes}>
        {strings.startOverYes}
      </button>
      <button type="button" class="secondary" onClick={onNo}>
        {strings.startOverNo}
      </button>
    </div>
  );
}

/** On a touch screen focus in the field would raise the keyboard over the answer. */
function focusFor(field: HTMLElement | null, panel: HTMLElement | null): void {
  const touch = matchMedia("(pointer: coarse)").matches;
  (touch ? panel : field)?.focus();
}
