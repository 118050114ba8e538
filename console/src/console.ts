/** The console without its looks: who is signed in, the desk, the conversation that is open, and what the operator does. */

import {
  AccountSession,
  ApiError,
  follow,
  HttpTransport,
  isGone,
  openStore,
  PersonStore,
  type Link,
  type Participant,
  type Store,
} from "@switchboard/client";
import { Alerts } from "./alerts";
import { CannedReplies } from "./canned";
import { OpenConversation, type ConversationView } from "./conversation";
import { Desk } from "./desk";
import { inOrder, neighbour, nextWaiting, operatorOf, sectionsOf, titleOf, type Sections } from "./queue";
import { Roster } from "./roster";
import type { Case, DeskState, Operator, Status } from "./types";

/** What the operator is told in passing. `owned`: somebody else was faster. */
export type Notice =
  | { kind: "arrived"; names: string[] }
  | { kind: "owned" }
  | { kind: "nobody_waits" }
  | { kind: "failed"; why: string };

export interface ConsoleView {
  me: Participant | null;
  /** Who is signed in works here. */
  operator: boolean;
  supervisor: boolean;
  desk: DeskState;
  sections: Sections;
  /** The list is that of now. */
  current: boolean;
  link: Link;
  open: ConversationView | null;
  notice: (Notice & { at: number }) | null;
}

const NOT_OPEN: Sections = { waiting: [], mine: [], others: [] };

export class Console {
  readonly desk: Desk;
  readonly session: AccountSession;
  readonly #http: HttpTransport;
  readonly #store: Store;
  readonly #roster: Roster;
  readonly #listeners = new Set<() => void>();
  #own: { store: Store; alerts: Alerts; canned: CannedReplies } | null = null;
  #open: OpenConversation | null = null;
  #refused = false;
  #supervisor = false;
  #notice: ConsoleView["notice"] = null;

  constructor(server: string, store: Store = openStore("localStorage", server)) {
    const changed = () => this.#changed();
    this.#store = store;
    this.#http = new HttpTransport(server.replace(/\/$/, ""));
    this.session = new AccountSession(this.#http, new PersonStore(store, "console"), () => this.#signedInOrOut());
    this.desk = new Desk(this.#http, this.session);
    this.#roster = new Roster({
      desk: this.desk,
      session: this.session,
      changed,
      arrived: (cases) => this.#tell({ kind: "arrived", names: cases.map(titleOf) }),
      refused: () => {
        this.#refused = true;
        changed();
      },
    });
    if (this.session.participant) this.#signedInOrOut();
  }

  get view(): ConsoleView {
    const me = this.session.participant;
    const desk = this.#roster.state;
    return {
      me,
      operator: me?.role === "operator" && !this.#refused,
      supervisor: this.#supervisor,
      desk,
      sections: me ? sectionsOf(desk, me.id) : NOT_OPEN,
      current: this.#roster.current,
      link: this.#roster.link,
      open: this.#open?.view ?? null,
      notice: this.#notice,
    };
  }

  /** Raises `Error` where nobody is signed in. */
  get own(): { store: Store; alerts: Alerts; canned: CannedReplies } {
    if (!this.#own) throw new Error("nobody is signed in");
    return this.#own;
  }

  get conversation(): OpenConversation | null {
    return this.#open;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reconnects when the network is back or the page is looked at again. A hidden console stays on duty, at the desk alone. */
  watchPage(page: Window, signal: AbortSignal): void {
    const reconnect = () => {
      this.#roster.reconnect();
      this.#open?.reconnect();
    };
    follow(page, signal, {
      online: reconnect,
      back: reconnect,
      hidden: () => this.#open?.type(false),
      longHidden: () => this.#open?.rest(),
      visible: () => {
        this.#roster.check();
        this.#open?.check();
      },
      ended: () => this.#stop(),
    });
  }

  /** Opens a conversation, anybody's; null for none. */
  show(id: string | null): void {
    const me = this.session.participant;
    if (!me || id === (this.#open?.id ?? null)) return;
    this.#open?.close();
    this.#notice = null; // It was about another one.
    const changed = () => this.#changed();
    const { desk, session } = this;
    this.#open = id === null ? null : new OpenConversation(id, me.id, { desk, session, store: this.own.store, changed });
    this.#open?.start();
    this.#changed();
  }

  step(step: 1 | -1): void {
    const found = neighbour(inOrder(this.view.sections), this.#open?.id ?? null, step);
    if (found) this.show(found.conversationId);
  }

  /** The desk's case of that conversation, if it waits or somebody has it. */
  caseOf(id: string): Case | null {
    return this.#roster.state.conversations.find(({ conversationId }) => conversationId === id) ?? null;
  }

  operator(id: string | undefined): Operator | null {
    return operatorOf(this.#roster.state, id);
  }

  /** Whether the next one is the operator's now. */
  async claimNext(): Promise<boolean> {
    const me = this.session.participant;
    const next = me && nextWaiting(this.#roster.state, me.id);
    if (!next) {
      this.#tell({ kind: "nobody_waits" });
      return false;
    }
    this.show(next.conversationId);
    return this.claim(next.conversationId);
  }

  /** Claims what waits as it was seen; steps in where the bot has it. Whether it is the operator's now. */
  claim(id: string): Promise<boolean> {
    const seen = this.caseOf(id);
    return this.attempt(() => this.desk.claim(id, seen?.status === "pending" ? seen.term : undefined));
  }

  /** Does something on the server; the operator is told why if it did not work. Whether it did. */
  async attempt(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      this.#tell(whyNot(error));
      return false;
    }
  }

  setPresence(status: Status): Promise<boolean> {
    return this.attempt(() => this.desk.setPresence(status));
  }

  dismiss(): void {
    this.#notice = null;
    this.#changed();
  }

  #signedInOrOut(): void {
    const me = this.session.participant;
    this.#stop();
    this.#refused = false;
    this.#supervisor = false;
    if (me) {
      const store = new PersonStore(this.#store, `${me.id}:console`);
      this.#own = { store, alerts: new Alerts(store), canned: new CannedReplies(store) };
      if (me.role === "operator") this.#begin();
    }
    this.#changed();
  }

  #begin(): void {
    this.#roster.start();
    void this.#askRole();
  }

  /** What a supervisor may do besides is offered once the server has said that this is one. */
  async #askRole(): Promise<void> {
    try {
      const { role } = await this.desk.me();
      this.#supervisor = role === "supervisor";
      this.#refused = role !== "operator" && role !== "supervisor";
      this.#changed();
    } catch (error) {
      if (isGone(error)) this.#refused = true;
    }
  }

  #stop(): void {
    this.#roster.stop();
    this.#open?.close();
    this.#open = null;
  }

  #tell(notice: Notice): void {
    this.#notice = { ...notice, at: Date.now() };
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function whyNot(error: unknown): Notice {
  if (!(error instanceof ApiError)) return { kind: "failed", why: "" };
  return error.code === "owned" ? { kind: "owned" } : { kind: "failed", why: error.message };
}
