/** How long to wait before trying again. */

export const LONGEST_WAIT_MS = 8_000;

/**
 * A random time up to a bound that doubles from `base` with each failure in a row, to 8 s at most ("full jitter"):
 * the clients of a restarted server come back one by one.
 */
export function backoff(failures: number, base: number, random: () => number = Math.random): number {
  return random() * Math.min(LONGEST_WAIT_MS, base * 2 ** Math.max(0, failures - 1));
}
