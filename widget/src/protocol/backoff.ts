/** How long to wait before trying again. */

export const LONGEST_WAIT_MS = 8_000;

/**
 * Doubles from `base` with each failure in a row, up to 8 s, and takes a random point of the upper half of that, so
 * that the clients of a restarted server do not all come back at once.
 */
export function backoff(failures: number, base: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_WAIT_MS, base * 2 ** Math.max(0, failures - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}
