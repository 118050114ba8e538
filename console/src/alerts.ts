/** How an operator learns that somebody waits while they look elsewhere. The title always says it. */

import type { Store } from "@switchboard/client";

/** `title`: nothing more. */
export type Alert = "title" | "sound" | "notification";

export const ALERTS: readonly Alert[] = ["title", "sound", "notification"];
const KEY = "alert";
const VOLUME = 0.06;

export class Alerts {
  readonly #store: Store;
  #audio: AudioContext | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  get choice(): Alert {
    return this.#store.get<Alert>(KEY) ?? "title";
  }

  /** What was chosen, or the title alone where the browser or the operator does not let us do more. */
  async choose(alert: Alert): Promise<Alert> {
    const chosen = alert === "notification" && !(await mayNotify()) ? "title" : alert;
    this.#store.set(KEY, chosen);
    if (chosen === "sound") this.#ring(); // At once: this is how it sounds, and a click is what browsers ask for.
    return chosen;
  }

  tell(text: string): void {
    if (this.choice === "sound") this.#ring();
    if (this.choice !== "notification" || !document.hidden || Notification.permission !== "granted") return;
    try {
      new Notification(document.title, { body: text, tag: "waiting" });
    } catch {
      // Some mobile browsers have it for service workers only.
    }
  }

  /** Two soft notes, half a second in all. */
  #ring(): void {
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    void audio.resume().catch(() => undefined);
    for (const [at, frequency] of [[0, 660], [0.16, 880]] as const) {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      const start = audio.currentTime + at;
      tone.frequency.value = frequency;
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(VOLUME, start + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
      tone.connect(gain).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.32);
    }
  }
}

async function mayNotify(): Promise<boolean> {
  return "Notification" in window && (await Notification.requestPermission()) === "granted";
}

/** The page's title: how many wait, where anybody does. */
export function titleFor(waiting: number, name: string): string {
  return waiting > 0 ? `(${waiting}) ${name}` : name;
}
