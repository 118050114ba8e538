/** The part of the screen that a phone's keyboard leaves free: CSS alone does not know it. */

/** Keeps `--viewport-height` and `--viewport-top` of `host` up to date until the signal is aborted. */
export function followViewport(host: HTMLElement, viewport: VisualViewport, signal: AbortSignal): void {
  const update = () => {
    host.style.setProperty("--viewport-height", `${viewport.height}px`);
    host.style.setProperty("--viewport-top", `${viewport.offsetTop}px`);
  };
  viewport.addEventListener("resize", update, { signal });
  viewport.addEventListener("scroll", update, { signal });
  update();
}
