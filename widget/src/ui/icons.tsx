/** Line icons, 24 by 24, in the colour of the text. Decoration: their buttons have names. */

import type { ComponentChild } from "preact";

function icon(path: string): () => ComponentChild {
  return () => (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={path} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export const ChatIcon = icon(
  "M12 3.5c5 0 9 3.4 9 7.8s-4 7.8-9 7.8c-1 0-2-.1-2.9-.4L4 21l1.3-4A7.3 7.3 0 0 1 3 11.3c0-4.4 4-7.8 9-7.8ZM8 11.4h.01M12 11.4h.01M16 11.4h.01",
);
export const CloseIcon = icon("m6 6 12 12M18 6 6 18");
export const StartOverIcon = icon(
  "M12.5 4H7a3 3 0 0 0-3 3v10a3 3 0 0 0 3 3h10a3 3 0 0 0 3-3v-5.5M10 14l.6-3 8-8a1.7 1.7 0 0 1 2.4 2.4l-8 8L10 14Z",
);
export const SendIcon = icon("M12 19V5M5.5 11.5 12 5l6.5 6.5");
export const StopIcon = icon("M7 7h10v10H7Z");
export const DownIcon = icon("M12 5v14M5.5 12.5 12 19l6.5-6.5");
export const CheckIcon = icon("m5 12.5 4.5 4.5L19 7.5");
export const WarningIcon = icon("M12 8v5M12 16.5h.01M12 3.5 2.5 20h19L12 3.5Z");
export const PeopleIcon = icon(
  "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5c.4-3.3 3-5.2 6.5-5.2s6.1 1.9 6.5 5.2M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14.8c2 .8 3.3 2.4 3.5 4.7",
);
export const PersonIcon = icon(
  "M4 14v-2a8 8 0 0 1 16 0v2M4 13.5h2.5v5H5.5A1.5 1.5 0 0 1 4 17ZM20 13.5h-2.5v5h1A1.5 1.5 0 0 0 20 17ZM18.5 18.5c0 1.5-1.5 2.5-4 2.5h-1",
);
export const StarIcon = icon("m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8L12 3.5Z");
export const BackIcon = icon("M19 12H5M11.5 5.5 5 12l6.5 6.5");
