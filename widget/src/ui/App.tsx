/** Launcher and panel. */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatClient, Store, View } from "@switchboard/client";
import { forgetInvitation, invitationOf } from "../invitation";
import type { Options } from "../options";
import { Provide, useView } from "./context";
import { ChatIcon } from "./icons";
import { Panel } from "./Panel";
import { languageOf, type Strings } from "./strings";

const OPEN = "open";

export interface AppProps {
  client: ChatClient;
  options: Options;
  /** Of this tab only: whether the panel is open, and an invitation that waits for an answer. */
  tab: Store;
}

export function App({ client, options, tab }: AppProps): ComponentChild {
  const view = useView(client);
  const language = languageOf(options.locale);
  const [invitation, forget, answered] = useInvitation(tab, () => show(true));
  const [open, setOpen] = useState(invitation !== null || (tab.get<boolean>(OPEN) ?? options.open));
  const [everOpened, setEverOpened] = useState(open);
  const [takesFocus, setTakesFocus] = useState(false);
  const launcher = useRef<HTMLButtonElement>(null);
  const unread = useUnread(view, open);
  const title = options.title ?? language.strings.title;

  const show = (next: boolean) => {
    tab.set(OPEN, next);
    setOpen(next);
    setEverOpened(true);
    setTakesFocus(true);
  };
  useEffect(() => {
    if (!open && takesFocus) launcher.current?.focus();
  }, [open]);
  return (
    <Provide value={{ client, language }}>
      <div class={open ? "root open" : "root"} dir={language.direction} lang={language.locale}>
        {everOpened && (
          <Panel
            view={view}
            title={title}
            greeting={options.greeting}
            open={open}
            takesFocus={takesFocus}
            invitation={invitation}
            onDead={forget}
            onAnswered={answered}
            onClose={() => show(false)}
          />
        )}
        <button
          ref={launcher}
          type="button"
          class="launcher"
          hidden={open}
          aria-expanded={open}
          aria-label={launcherLabel(title, unread, language.strings)}
          onClick={() => show(true)}
        >
          <ChatIcon />
          {unread > 0 && <span class="badge">{unread}</span>}
        </button>
      </div>
    </Provide>
  );
}

function launcherLabel(title: string, unread: number, strings: Strings): string {
  const label = `${strings.openChat}: ${title}`;
  return unread > 0 ? `${label} (${strings.unread(unread)})` : label;
}

/** The invitation in the page's address, now or later; what to call when it is good for nothing, and when it is answered. */
function useInvitation(tab: Store, arrived: () => void): [string | null, () => void, () => void] {
  const [invitation, setInvitation] = useState(() => invitationOf(window, tab));
  useEffect(() => {
    const look = () => {
      const found = invitationOf(window, tab);
      setInvitation(found);
      if (found !== null) arrived();
    };
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  const forget = () => {
    forgetInvitation(tab);
    tab.set(OPEN, true); // As the link has opened it, over a reload too.
  };
  const answered = () => {
    forget();
    setInvitation(null);
  };
  return [invitation, forget, answered];
}

/** Finished messages of the others that came while the panel was closed. */
function useUnread({ chat, me }: View, open: boolean): number {
  const count = chat.messages.filter((message) => message.author.id !== me && message.status !== "streaming").length;
  const [read, setRead] = useState<number | null>(null);
  const loaded = chat.position !== null;
  useEffect(() => {
    if (open || read === null) setRead(loaded ? count : null);
  }, [open, loaded, count]);
  return open || read === null ? 0 : Math.max(0, count - read);
}
