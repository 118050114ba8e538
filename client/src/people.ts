/** Who is there and who writes: told by the server in passing, forgotten with the connection. */

import type { Frame } from "./types.ts";

/** Typing is said again every few seconds; after so long without it, it is over. */
const FORGET_MS = 6_000;

export class People {
  readonly #changed: () => void;
  readonly #typing = new Map<string, ReturnType<typeof setTimeout>>();
  #present: readonly string[] = [];
  #formerly: Readonly<Record<string, string>> = {};

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Participants that have the conversation open. */
  get present(): readonly string[] {
    return this.#present;
  }

  /** Who has signed in before our eyes: the id of the guest that they were, by the id that they have now. */
  get formerly(): Readonly<Record<string, string>> {
    return this.#formerly;
  }

  get typing(): readonly string[] {
    return [...this.#typing.keys()];
  }

  receive(frame: Frame): void {
    switch (frame.type) {
      case "connected":
        if (frame.present) this.#become(frame.present);
        break;
      case "participant.present":
        this.#become([...this.#present.filter((id) => id !== frame.participantId), ...(frame.present ? [frame.participantId] : [])]);
        if (!frame.present) this.#rest(frame.participantId);
        break;
      case "participant.left":
        this.#become(this.#present.filter((id) => id !== frame.participantId));
        this.#rest(frame.participantId);
        break;
      case "participant.identified":
        this.#formerly = { ...this.#formerly, [frame.participant.id]: frame.formerly };
        this.#become([...new Set(this.#present.map((id) => (id === frame.formerly ? frame.participant.id : id)))]);
        this.#rest(frame.formerly);
        break;
      case "participant.typing":
        if (frame.typing) this.#type(frame.participantId);
        else this.#rest(frame.participantId);
        break;
      case "message.sent":
      case "message.started":
        this.#rest(frame.author.id);
        break;
    }
  }

  forget(): void {
    for (const id of this.typing) this.#rest(id);
    this.#formerly = {};
    this.#become([]);
  }

  #become(present: readonly string[]): void {
    if (present.length === 0 && this.#present.length === 0) return;
    this.#present = present;
    this.#changed();
  }

  #type(id: string): void {
    const known = this.#typing.get(id);
    clearTimeout(known);
    this.#typing.set(id, setTimeout(() => this.#rest(id), FORGET_MS));
    if (known === undefined) this.#changed();
  }

  #rest(id: string): void {
    if (!this.#typing.has(id)) return;
    clearTimeout(this.#typing.get(id));
    this.#typing.delete(id);
    this.#changed();
  }
}
