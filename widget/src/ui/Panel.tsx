/** The open chat. */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Button, ChatClient, View } from "@switchboard/client";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import { useSurroundings } from "./context";
import { focusFor } from "./focus";
import { Header } from "./Header";
import { JoinPrompt } from "./JoinPrompt";
import { MessageList } from "./MessageList";
import { ObstacleNotice, obstacleOf } from "./Obstacle";
import { isGroup, peopleOf } from "./people";
import { PeoplePanel } from "./PeoplePanel";
import { StartOver } from "./StartOver";

export interface PanelProps {
  view: View;
  title: string;
  greeting: string | null;
  open: boolean;
  /** Whether opening moves the focus here: not when the page opened the panel by itself. */
  takesFocus: boolean;
  /** To a conversation of others, which waits for the visitor's answer. */
  invitation: string | null;
  onDead(): void;
  onAnswered(): void;
  onClose(): void;
}

export function Panel(props: PanelProps): ComponentChild {
  const { view, title, greeting, open, takesFocus, invitation, onDead, onAnswered, onClose } = props;
  const { client } = useSurroundings();
  const field = useRef<HTMLTextAreaElement>(null);
  const panel = useRef<HTMLElement>(null);
  const peopleButton = useRef<HTMLButtonElement>(null);
  const [asking, setAsking] = useState(false);
  const [showing, setShowing] = useState(false);
  const [draft, setDraft] = useState("");
  const obstacle = obstacleOf(view);
  const group = isGroup(view.chat);
  const sheet = invitation !== null ? "join" : showing && view.ended === null ? "people" : null;
  useEffect(() => {
    if (open && takesFocus && sheet === null) focusFor(field.current, panel.current);
  }, [open]);
  useEffect(() => {
    if (view.ended !== null && showing) hidePeople(panel.current); // Whoever is out sees nobody any more.
  }, [view.ended]);

  useSeeing(client, view, open && sheet === null);
  const hidePeople = (focus: HTMLElement | null) => {
    setShowing(false);
    focus?.focus();
  };
  const onPress = (button: Button) => {
    client.press(button);
    focusFor(field.current, panel.current); // The button is disabled now, which would drop the focus to the page.
  };
  const stopAsking = () => {
    setAsking(false);
    focusFor(field.current, panel.current);
  };
  const startOver = () => {
    client.startOver();
    setShowing(false);
    stopAsking();
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
        people={view.started && view.ended === null && invitation === null ? peopleOf(view.chat).length : null}
        peopleButton={peopleButton}
        showingPeople={sheet === "people"}
        onPeople={() => (showing ? hidePeople(peopleButton.current) : setShowing(true))}
        onStartOver={() => (view.ended === null ? setAsking(true) : startOver())}
        onClose={onClose}
      />
      {asking && <StartOver view={view} onYes={startOver} onNo={stopAsking} />}
      <div class="main">
        <div class="talk" inert={sheet !== null}>
          <MessageList view={view} greeting={greeting} onPress={onPress} />
          {obstacle === null ? (
            <Composer field={field} answering={view.chat.turn !== null} group={group} draft={draft} onDraft={setDraft} />
          ) : (
            <ObstacleNotice obstacle={obstacle} onStartOver={() => (group && view.ended === null ? setAsking(true) : startOver())} />
          )}
        </div>
        {sheet === "people" && (
          <PeoplePanel view={view} title={title} onClose={() => hidePeople(peopleButton.current)} />
        )}
        {sheet === "join" && invitation !== null && (
          <JoinPrompt
            key={invitation}
            view={view}
            invitation={invitation}
            onDead={onDead}
            onAnswered={() => {
              onAnswered();
              focusFor(field.current, panel.current);
            }}
          />
        )}
      </div>
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
