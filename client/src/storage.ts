/** The browser's storage, or memory where the visitor or the site forbids it (private mode, sandboxed frames). */

export interface Store {
  get<Value>(key: string): Value | null;
  set(key: string, value: unknown): void;
  remove(key: string): void;
  keys(prefix: string): string[];
}

/** One chat server's part of a `Storage`. What another version of the widget left there unreadable counts as absent. */
export class BrowserStore implements Store {
  readonly #storage: Storage;
  readonly #prefix: string;

  constructor(storage: Storage, prefix: string) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  get<Value>(key: string): Value | null {
    const raw = this.#storage.getItem(this.#prefix + key);
    if (raw === null) return null;
    try {
      return JSON.parse(raw) as Value;
    } catch {
      return null;
    }
  }

  /** A full storage is no reason to stop a conversation: it then lasts until the page is left. */
  set(key: string, value: unknown): void {
    try {
      this.#storage.setItem(this.#prefix + key, JSON.stringify(value));
    } catch (error) {
      console.warn("switchboard: the browser's storage is full", error);
    }
  }

  remove(key: string): void {
    this.#storage.removeItem(this.#prefix + key);
  }

  keys(prefix: string): string[] {
    const start = this.#prefix + prefix;
    return Object.keys(this.#storage)
      .filter((key) => key.startsWith(start))
      .map((key) => key.slice(this.#prefix.length));
  }
}

export class MemoryStore implements Store {
  readonly #values = new Map<string, string>();

  get<Value>(key: string): Value | null {
    const raw = this.#values.get(key);
    return raw === undefined ? null : (JSON.parse(raw) as Value);
  }

  set(key: string, value: unknown): void {
    this.#values.set(key, JSON.stringify(value));
  }

  remove(key: string): void {
    this.#values.delete(key);
  }

  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix));
  }
}

/** One person's part of a store that several people use one after another. A guest's things are not in it. */
export class PersonStore implements Store {
  readonly #store: Store;
  readonly #prefix: string;

  constructor(store: Store, participantId: string) {
    this.#store = store;
    this.#prefix = `of:${participantId}:`;
  }

  get<Value>(key: string): Value | null {
    return this.#store.get<Value>(this.#prefix + key);
  }

  set(key: string, value: unknown): void {
    this.#store.set(this.#prefix + key, value);
  }

  remove(key: string): void {
    this.#store.remove(this.#prefix + key);
  }

  keys(prefix: string): string[] {
    return this.#store.keys(this.#prefix + prefix).map((key) => key.slice(this.#prefix.length));
  }
}

/** `kind` is looked up here because merely touching `window.localStorage` throws where storage is forbidden. */
export function openStore(kind: "localStorage" | "sessionStorage", server: string): Store {
  try {
    return new BrowserStore(window[kind], `switchboard:${server}:`);
  } catch {
    return new MemoryStore();
  }
}
