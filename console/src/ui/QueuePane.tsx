/** The list: what is mine, who waits, who has what, and who else is here. */

import type { ComponentChild } from "preact";
import type { ConsoleView } from "../console";
import { colleagues, titleOf } from "../queue";
import { worded } from "../strings";
import { urgency, waited } from "../time";
import type { Case, Operator } from "../types";
import { useNow, useSurroundings } from "./context";

export function QueuePane({ view }: { view: ConsoleView }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const now = useNow();
  const { mine, waiting, others } = view.sections;
  const open = view.open?.id ?? null;
  const items = (cases: readonly Case[]) => (
    <ul>
      {cases.map((item) => (
        <CaseItem key={item.conversationId} item={item} now={now} open={item.conversationId === open} />
      ))}
    </ul>
  );
  return (
    <nav class={`queue ${view.current ? "" : "stale"}`} aria-label={strings.conversations}>
      <button type="button" class="button primary claim-next" disabled={waiting.length === 0} onClick={() => void desk.claimNext()}>
        {strings.claimNext}
        <kbd aria-hidden="true">N</kbd>
      </button>
      <Section title={strings.mine} count={mine.length} empty={strings.noneMine}>
        {items(mine)}
      </Section>
      <Section title={strings.waiting} count={waiting.length} empty={strings.nobodyWaits}>
        {items(waiting)}
      </Section>
      <Section title={strings.others} count={others.length} empty={strings.noneOthers}>
        {items(others)}
      </Section>
      <Colleagues list={colleagues(view.desk, view.me?.id ?? "")} />
    </nav>
  );
}

interface SectionProps {
  title: string;
  count: number;
  empty: string;
  children: ComponentChild;
}

function Section({ title, count, empty, children }: SectionProps): ComponentChild {
  return (
    <section>
      <h2>
        {title} {count > 0 && <span class="count">{count}</span>}
      </h2>
      {count > 0 ? children : <p class="empty">{empty}</p>}
    </section>
  );
}

function CaseItem({ item, now, open }: { item: Case; now: number; open: boolean }): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const pending = item.status === "pending";
  const mine = item.participantId === desk.session.participant?.id;
  const holder = mine ? undefined : desk.operator(item.participantId)?.name;
  const time = waited(item.since, now);
  return (
    <li>
      <button
        type="button"
        class={`case ${item.status} ${open ? "open" : ""}`}
        aria-current={open ? "true" : undefined}
        onClick={() => desk.show(item.conversationId)}
      >
        <span class="case-head">
          <bdi class="case-title">{titleOf(item)}</bdi>
          <span class={`case-time ${pending ? urgency(item.since, now) : ""}`} aria-label={pending ? strings.waits(time) : undefined}>
            {time}
          </span>
        </span>
        <span class="case-about">
          {item.priority > 0 && <span class="priority">{strings.priority(item.priority)}</span>}
          <span>{holder === undefined ? worded(strings.reasons, item.reason) : <bdi>{holder}</bdi>}</span>
          <span class="team">{item.team}</span>
        </span>
      </button>
    </li>
  );
}

function Colleagues({ list }: { list: readonly Operator[] }): ComponentChild {
  const { strings } = useSurroundings().language;
  return (
    <section class="colleagues">
      <h2>{strings.colleagues}</h2>
      {list.length === 0 && <p class="empty">{strings.nobodyThere}</p>}
      <ul>
        {list.map(({ participantId, name, status, holds, capacity }) => (
          <li key={participantId} class={status}>
            <span class="dot" aria-hidden="true" />
            <bdi>{name}</bdi>
            <span class="unseen">{strings[status]}</span>
            <span class="load">{strings.holds(holds, capacity)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
