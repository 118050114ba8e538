/** Line drawings, 24 by 24. */

import type { ComponentChild } from "preact";

function icon(path: string): () => ComponentChild {
  return () => (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

export const CloseIcon = icon("M6 6l12 12M18 6L6 18");
export const BackIcon = icon("M15 5l-7 7 7 7");
export const DownIcon = icon("M12 5v14M6 13l6 6 6-6");
export const PersonIcon = icon("M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0");
export const KeysIcon = icon("M9.2 9a2.8 2.8 0 1 1 4.2 2.4c-.9.5-1.4 1-1.4 2.1M12 17h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z");
export const CheckIcon = icon("M5 12.5l4.5 4.5L19 7.5");
export const WarningIcon = icon("M12 8v5M12 16.5v.01M10.3 4.2L2.6 17.5A2 2 0 0 0 4.3 20.5h15.4a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0z");
export const LockIcon = icon("M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3");
export const LeaveIcon = icon("M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9");
export const SendIcon = icon("M5 12h13M12 5l7 7-7 7");
