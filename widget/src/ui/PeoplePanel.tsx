/** Who takes part, in place of the conversation: asked in, muted, sent away by those who may; and the way out. */

import type { ComponentChild } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Participant, View } from "@switchboard/client";
import { useAttempt, whyOf, type Attempt } from "./attempt";
import { useSurroundings } from "./context";
import { BackIcon } from "./icons";
import { Invite } from "./Invite";
import { OwnName } from "./OwnName";
import { huesOf, isGroup, isPerson, mayInvite, mayModerate, namesOf, ownName } from "./people";
import { markOf, Role } from "./Person";
import { Question } from "./Question";

export interface PeoplePanelProps {
  view: View;
  title: string;
  onClose(): void;
}

export function PeoplePanel({ view, title, onClose }: PeoplePanelProps): ComponentChild {
  const { strings } = useSurroundings().language;
  const back = useRef<HTMLButtonElement>(null);
  /** Whom the question is about; our own id: to leave. */
  const [asked, setAsked] = useState<string | null>(null);
  /** Each makes the links worthless that there are. */
  const [removals, setRemovals] = useState(0);
  const tries = useAttempt();
  useLayoutEffect(() => back.current?.focus(), []);
  const settle = () => {
    setAsked(null);
    back.current?.focus();
  };
  return (
    <div
      class="sheet"
      role="group"
      aria-labelledby="people"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        if (asked !== null) settle();
        else onClose();
      }}
    >
      <div class="sheet-head">
        <button ref={back} type="button" class="tool" onClick={onClose} aria-label={strings.back} title={strings.back}>
          <BackIcon />
        </button>
        <h3 id="people">{strings.people}</h3>
      </div>
      <PeopleList
        view={view}
        tries={tries}
        asked={asked}
        onAsk={setAsked}
        onSettled={settle}
        onRemoved={() => setRemovals(removals + 1)}
      />
      {tries.failure !== null && (
        <p class="outcome failed" role="alert">
          {whyOf(tries.failure, strings)}
        </p>
      )}
      {mayInvite(view) && <Invite key={removals} title={title} />}
      {view.guest && <OwnName name={ownName(view)} />}
      {isGroup(view.chat) && <Leave view={view} tries={tries} asked={asked} onAsk={setAsked} onSettled={settle} />}
    </div>
  );
}

interface AskingProps {
  view: View;
  tries: Attempt;
  asked: string | null;
  onAsk(id: string): void;
  onSettled(): void;
}

interface Removing {
  onRemoved(): void;
}

/** The visitor first, the others as they came, bots last. */
function PeopleList(props: AskingProps & Removing): ComponentChild {
  const { participants } = props.view.chat;
  const names = namesOf(props.view.chat);
  const hues = huesOf(props.view.chat);
  const place = (who: Participant) => (who.id === props.view.me ? 0 : isPerson(who) ? 1 : 2);
  const sorted = [...participants].sort((one, other) => place(one) - place(other));
  return (
    <ul class="people">
      {sorted.map((who) => (
        <PersonRow key={who.id} {...props} who={{ ...who, name: names.get(who.id) ?? who.name }} hue={hues.get(who.id)} />
      ))}
    </ul>
  );
}

function PersonRow(props: AskingProps & Removing & { who: Participant; hue: number | undefined }): ComponentChild {
  const { who, hue, view, tries, asked, onAsk, onSettled } = props;
  const { client, language } = useSurroundings();
  const { strings } = language;
  const isMe = who.id === view.me;
  const name = isMe ? (view.name ?? who.name) : who.name;
  const muted = view.chat.muted.includes(who.id);
  return (
    <li class={isMe ? "" : markOf(hue)}>
      {isPerson(who) ? <Presence present={view.present.includes(who.id)} /> : <span class="presence" />}
      <span class="who">
        <bdi class="name">{name}</bdi> {isMe && <span class="role">{strings.you}</span>} <Role role={who.role} />{" "}
        {view.chat.host === who.id && <span class="role">{strings.host}</span>}{" "}
        {muted && <span class="role muted">{strings.isMuted}</span>}
      </span>
      {mayModerate(view, who) && (
        <span class="acts">
          <button
            type="button"
            class="secondary"
            aria-label={`${muted ? strings.unmute : strings.mute}: ${name}`}
            onClick={() => tries.attempt(() => client.group.mute(who.id, !muted))}
          >
            {muted ? strings.unmute : strings.mute}
          </button>
          <button
            type="button"
            class="secondary"
            aria-label={`${strings.remove}: ${name}`}
            onClick={() => onAsk(who.id)}
          >
            {strings.remove}
          </button>
        </span>
      )}
      {asked === who.id && !isMe && (
        <Question
          question={strings.removeQuestion(name)}
          warning={strings.removeWarning}
          yes={strings.remove}
          no={strings.cancel}
          onYes={() =>
            tries.attempt(
              () => client.group.remove(who.id),
              () => {
                props.onRemoved();
                onSettled();
              },
            )
          }
          onNo={onSettled}
        />
      )}
    </li>
  );
}

function Presence({ present }: { present: boolean }): ComponentChild {
  const { strings } = useSurroundings().language;
  const text = present ? strings.present : strings.absent;
  return <span class={present ? "presence here" : "presence away"} role="img" aria-label={text} title={text} />;
}

function Leave({ view, tries, asked, onAsk, onSettled }: AskingProps): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings } = language;
  const me = view.me ?? "";
  if (asked !== me) {
    return (
      <button type="button" class="secondary leave" onClick={() => onAsk(me)}>
        {strings.leave}
      </button>
    );
  }
  return (
    <Question
      question={strings.leaveQuestion}
      warning={strings.leaveWarning}
      yes={strings.leave}
      no={strings.cancel}
      onYes={() => tries.attempt(() => client.group.leave())}
      onNo={onSettled}
    />
  );
}
