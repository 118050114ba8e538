/** The open chat. */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Button, ChatClient, View } from "@switchboard/client";
import { Announcer } from "./Announcer";
import { useAttempt, whyOf } from "./attempt";
import { Composer } from "./Composer";
import { useSurroundings } from "./context";
import { focusFor } from "./focus";
import { isHeld, stageOf } from "./handoff";
import { HandoffBanner } from "./HandoffBanner";
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
  const { client, language } = useSurroundings();
  const field = useRef<HTMLTextAreaElement>(null);
  const panel = useRef<HTMLElement>(null);
  const peopleButton = useRef<HTMLButtonElement>(null);
  const [asking, setAsking] = useState(false);
  const [showing, setShowing] = useState(false);
  const [draft, setDraft] = useState("");
  const person = usePerson(client);
  const obstacle = obstacleOf(view);
  const stage = stageOf(view, language.strings);
  const held = isHeld(view);
  const mayAsk = obstacle === null && invitation === null && view.chat.handoff === null && !held;
  const toField = () => focusFor(field.current, panel.current);
  const group = isGroup(view.chat);
  const sheet = invitation !== null ? "join" : showing && view.ended === null ? "people" : null;
  useEffect(() => {
    if (open && takesFocus && sheet === null) toField();
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
    toField(); // The button is disabled now, which would drop the focus to the page.
  };
  const stopAsking = () => {
    setAsking(false);
    toField();
  };
  const startOver = () => {
    client.startOver();
    setShowing(false);
    stopAsking();
  };
  const onStartOver = () => (group && view.ended === null ? setAsking(true) : startOver());
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
        onPerson={mayAsk ? () => person.ask(toField) : null}
        onStartOver={() => (view.ended === null ? setAsking(true) : startOver())}
        onClose={onClose}
      />
      {asking && <StartOver view={view} onYes={startOver} onNo={stopAsking} />}
      <div class="main">
        <div class="talk" inert={sheet !== null}>
          <MessageList view={view} greeting={greeting} onPress={onPress} />
          <HandoffBanner
            stage={stage}
            alone={person.aloneIn === view.chat.handoff?.handoffId}
            failure={whyOf(person.failure, language.strings)}
            onGoneOn={toField}
          />
          {obstacle === null ? (
            <Composer
              field={field}
              answering={view.chat.turn !== null && !held}
              group={group && !held && view.chat.handoff === null} // Else the bot answers nobody.
              draft={draft}
              onDraft={setDraft}
            />
          ) : (
            <ObstacleNotice obstacle={obstacle} onStartOver={onStartOver} />
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
              toField();
            }}
          />
        )}
      </div>
      <Announcer view={view} />
    </section>
  );
}

/** Asks for a person of the team; and knows in which handoff nobody was there. */
function usePerson(client: ChatClient) {
  const [aloneIn, setAloneIn] = useState<string | null>(null);
  const { failure, attempt } = useAttempt();
  const ask = (then: () => void) =>
    attempt(async () => {
      const { available, handoffId } = await client.askForPerson();
      setAloneIn(available === false ? handoffId : null);
    }, then);
  return { aloneIn, failure, ask };
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
