/** Where the focus goes when something that had it goes away. */

/** On a touch screen focus in a field would raise the keyboard over what there is to read. */
export function focusFor(field: HTMLElement | null, around: HTMLElement | null): void {
  const touch = matchMedia("(pointer: coarse)").matches;
  (touch ? around : (field ?? around))?.focus();
}
