/** The open conversation in the address, so that it outlasts a reload and can be handed on as a link. */

import { useEffect } from "preact/hooks";
import type { Console } from "../console";

const CONVERSATION = /^#(c_[A-Za-z0-9_-]{1,100})$/;

export function useHash(desk: Console, open: string | null): void {
  useEffect(() => {
    const follow = () => {
      const id = CONVERSATION.exec(location.hash)?.[1] ?? null;
      if (id !== null || location.hash === "") desk.show(id);
    };
    follow();
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [desk]);
  useEffect(() => {
    const hash = open === null ? "" : `#${open}`;
    if (location.hash !== hash) history.pushState(null, "", hash || location.pathname);
  }, [open]);
}
