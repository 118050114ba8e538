/** Times, as people read them. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long somebody has waited: `0:07`, `12:30`, `1:02:03`. A clock that is behind the server's shows `0:00`. */
export function waited(since: number, now: number): string {
  const total = Math.max(0, Math.floor((now - since) / SECOND));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** How pressing a wait is: after two minutes it shows, after five it shows clearly. */
export function urgency(since: number, now: number): "calm" | "late" | "overdue" {
  const time = now - since;
  if (time < 2 * MINUTE) return "calm";
  return time < 5 * MINUTE ? "late" : "overdue";
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** A format is kept: to make one takes longer than to draw a message. */
export function clock(at: number, locale: string): string {
  const known = clocks.get(locale) ?? new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  clocks.set(locale, known);
  return known.format(at);
}

/** A day in words: today's and yesterday's have their own. */
export function day(at: number, now: number, locale: string): string {
  const days = Math.round((midnight(now) - midnight(at)) / (24 * HOUR));
  if (days === 0 || days === 1) {
    const text = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day");
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  }
  return new Date(at).toLocaleDateString(locale, { dateStyle: "medium" });
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
