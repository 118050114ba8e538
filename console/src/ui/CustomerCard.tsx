/** Whose conversation it is: the customer, what was before, and for supervisors the door. */

import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import type { Participant } from "@switchboard/client";
import { hueOf } from "@switchboard/widget/people";
import type { ConsoleView } from "../console";
import { BlockForm } from "./BlockForm";
import { useSurroundings } from "./context";
import { CloseIcon } from "./icons";
import { HandedOver } from "./HandedOver";
import { PastList } from "./PastList";
import { useCall } from "./useCall";
import { Why } from "./Why";

export function CustomerCard({ view, onClose }: { view: ConsoleView; onClose(): void }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { open } = view;
  const customers = open?.chat.participants.filter(({ role }) => role === "customer") ?? [];
  return (
    <aside class="card" id="card" aria-label={strings.card}>
      <button type="button" class="icon-button card-close" aria-label={strings.close} onClick={onClose}>
        <CloseIcon />
      </button>
      {customers.map((customer) => (
        <Customer key={customer.id} customer={customer} view={view} />
      ))}
      {open && <HandedOver context={desk.caseOf(open.id)?.context} />}
      {open && <Why key={open.id} id={open.id} />}
    </aside>
  );
}

function Customer({ customer, view }: { customer: Participant; view: ConsoleView }): ComponentChild {
  const { id, name } = customer;
  const { strings } = useSurroundings().language;
  const there = view.open?.present.includes(id) ?? false;
  return (
    <section class={`customer-card hue${hueOf(id)}`}>
      <h2>
        <span class="avatar" aria-hidden="true">
          {Array.from(name)[0]}
        </span>
        <bdi>{name}</bdi>
        <span class={`dot-place ${there ? "online" : "offline"}`}>
          <span class="dot" aria-hidden="true" />
          {there ? strings.online : strings.offline}
        </span>
      </h2>
      <p class="id" dir="ltr">
        {id}
      </p>
      <Past id={id} open={view.open?.id} />
      {view.supervisor && <Blocking id={id} key={id} />}
    </section>
  );
}

/** Other conversations of theirs. */
function Past({ id, open }: { id: string; open: string | undefined }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const { value, state } = useCall(id, (who) => desk.desk.conversationsOf(who));
  const others = value?.conversations.filter(({ conversationId }) => conversationId !== open) ?? [];
  return (
    <>
      <h3>{strings.past}</h3>
      {state === "failed" && <p class="empty">{strings.unavailable}</p>}
      {state === "there" && others.length === 0 && <p class="empty">{strings.noPast}</p>}
      <PastList items={others} onShow={(conversationId) => desk.show(conversationId)} />
    </>
  );
}

function Blocking({ id }: { id: string }): ComponentChild {
  const { strings } = useSurroundings().language;
  const [state, setState] = useState<"no" | "asking" | "blocked">("no");
  if (state === "blocked") return <p class="trouble">{strings.blocked}</p>;
  if (state === "asking") return <BlockForm id={id} onDone={() => setState("blocked")} onCancel={() => setState("no")} />;
  return (
    <button type="button" class="button danger" onClick={() => setState("asking")}>
      {strings.block}
    </button>
  );
}
