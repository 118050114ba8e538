/** The desk: the list, the conversation that is open, and whose it is. */

import type { ComponentChild } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { titleFor } from "../alerts";
import type { ConsoleView } from "../console";
import { AnnounceArrivals } from "./Announcer";
import { BlockList } from "./BlockList";
import { CannedManager } from "./CannedManager";
import { useSurroundings } from "./context";
import { ConversationPane } from "./ConversationPane";
import { CustomerCard } from "./CustomerCard";
import { KeysDialog } from "./KeysDialog";
import { NoticeBar } from "./NoticeBar";
import { Pen } from "./pen";
import { QueuePane } from "./QueuePane";
import { ResolveDialog } from "./ResolveDialog";
import { SearchDialog } from "./SearchDialog";
import { TopBar } from "./TopBar";
import { TransferDialog } from "./TransferDialog";
import { useHash } from "./hash";
import { useKeys } from "./useKeys";

export type DialogName = "resolve" | "transfer" | "keys" | "canned" | "blocks" | "search";

export function DeskPage({ view }: { view: ConsoleView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const [card, setCard] = useState(false);
  const pen = useMemo(() => new Pen(), []);
  const waiting = view.sections.waiting.length;
  useHash(desk, view.open?.id ?? null);
  useKeys({ pen, dialog, ask: setDialog, toggleCard: () => setCard((shown) => !shown) });
  useEffect(() => {
    document.title = titleFor(waiting, language.strings.name);
  }, [waiting]);
  const close = () => setDialog(null);
  const id = view.open?.id ?? null;
  return (
    <div class={`desk ${id === null ? "" : "has-open"} ${card ? "card-shown" : ""}`}>
      <TopBar view={view} ask={setDialog} />
      <QueuePane view={view} />
      <ConversationPane view={view} pen={pen} ask={setDialog} card={card} onCard={() => setCard(!card)} />
      <CustomerCard view={view} onClose={() => setCard(false)} />
      <NoticeBar view={view} />
      <AnnounceArrivals view={view} />
      {dialog === "resolve" && id !== null && <ResolveDialog id={id} onClose={close} />}
      {dialog === "transfer" && id !== null && <TransferDialog id={id} view={view} onClose={close} />}
      {dialog === "keys" && <KeysDialog supervisor={view.supervisor} ask={setDialog} onClose={close} />}
      {dialog === "canned" && <CannedManager onClose={close} />}
      {dialog === "search" && <SearchDialog onClose={close} />}
      {dialog === "blocks" && <BlockList onClose={close} />}
    </div>
  );
}
