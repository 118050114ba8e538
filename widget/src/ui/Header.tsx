/** The panel's head: whose chat this is, whether it is connected and up to date, and the way out. */

import type { ComponentChild, RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Link } from "@switchboard/client";
import { useSurroundings } from "./context";
import { ChatIcon, CloseIcon, PeopleIcon, PersonIcon, StartOverIcon } from "./icons";
import type { Strings } from "./strings";

/** A reconnect that takes less is nobody's business. */
const PATIENCE_MS = 1_500;

export interface HeaderProps {
  title: string;
  link: Link;
  /** Whether the server itself is up to date. */
  live: boolean;
  started: boolean;
  /** How many people take part; null where they cannot be shown. */
  people: number | null;
  peopleButton: RefObject<HTMLButtonElement>;
  showingPeople: boolean;
  onPeople(): void;
  /** Asks for a person of the team; null where none can be asked for now. */
  onPerson: (() => void) | null;
  onStartOver(): void;
  onClose(): void;
}

export function Header(props: HeaderProps): ComponentChild {
  const { title, link, live, started, people, onStartOver, onClose } = props;
  const { strings } = useSurroundings().language;
  const health = useHealth(link, live, started);
  return (
    <>
      <div class="head">
        <span class="emblem">
          <ChatIcon />
        </span>
        <div class="title">
          <h2 id="title">{title}</h2>
          <p class={`health ${health}`}>{healthText(health, strings)}</p>
        </div>
        {props.onPerson !== null && (
          <button
            type="button"
            class="tool"
            onClick={props.onPerson}
            aria-label={strings.askForPerson}
            title={strings.askForPerson}
          >
            <PersonIcon />
          </button>
        )}
        {people !== null && (
          <button
            ref={props.peopleButton}
            type="button"
            class="tool"
            data-count={people > 1 ? people : undefined}
            onClick={props.onPeople}
            aria-expanded={props.showingPeople}
            aria-label={people > 1 ? `${strings.people} (${people})` : strings.people}
            title={strings.people}
          >
            <PeopleIcon />
          </button>
        )}
        {started && (
          <button type="button" class="tool" onClick={onStartOver} aria-label={strings.startOver} title={strings.startOver}>
            <StartOverIcon />
          </button>
        )}
        <button type="button" class="tool" onClick={onClose} aria-label={strings.close} title={strings.close}>
          <CloseIcon />
        </button>
      </div>
      {health === "late" && (
        <p class="strip" role="status">
          {strings.late}
        </p>
      )}
    </>
  );
}

type Health = "idle" | "connecting" | "online" | "late" | "reconnecting" | "refused";

function healthText(health: Health, strings: Strings): string {
  return strings[health === "late" ? "reconnecting" : health];
}

function healthOf(link: Link, live: boolean, wasOpen: boolean): Health {
  if (link === "open") return live ? "online" : "late";
  if (link === "refused") return "refused";
  return wasOpen ? "reconnecting" : "connecting";
}

/** The state to show: a connection that is replaced at once goes on being shown as up. */
function useHealth(link: Link, live: boolean, started: boolean): Health {
  const [shown, setShown] = useState<Health>("connecting");
  useEffect(() => {
    const now = healthOf(link, live, shown === "online" || shown === "late" || shown === "reconnecting");
    if (now !== "reconnecting" && now !== "late") return setShown(now);
    const timer = setTimeout(() => setShown(now), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [link, live]);
  return started ? shown : "idle";
}
