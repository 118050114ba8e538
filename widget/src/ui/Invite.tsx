/** Asks somebody in: a link, to be copied or shared. */

import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { linkTo } from "../invitation";
import { useAttempt } from "./attempt";
import { useSurroundings } from "./context";

/** A family or a team. Whoever is removed takes every link with them. */
const USES = 10;

interface Link {
  url: string;
  until: number;
}

export function Invite({ title }: { title: string }): ComponentChild {
  const { client, language } = useSurroundings();
  const { strings, locale } = language;
  const [link, setLink] = useState<Link | null>(null);
  const { failure, attempt } = useAttempt();
  const invite = async () => {
    const { invitation, expiresAt } = await client.group.invite({ uses: USES });
    setLink({ url: linkTo(invitation, location.href), until: expiresAt });
  };
  return (
    <div class="invite">
      {link ? (
        <LinkField url={link.url} title={title} />
      ) : (
        <button type="button" class="primary" onClick={() => attempt(invite)}>
          {strings.invite}
        </button>
      )}
      {link && <p>{strings.inviteTerms(USES, dayOf(link.until, locale))}</p>}
      {failure !== null && (
        <p class="outcome failed" role="alert">
          {strings.notDone}
        </p>
      )}
    </div>
  );
}

function dayOf(timestamp: number, locale: string): string {
  return new Date(timestamp).toLocaleDateString(locale, { day: "numeric", month: "long" });
}

function LinkField({ url, title }: { url: string; title: string }): ComponentChild {
  const { strings } = useSurroundings().language;
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState("");
  useEffect(() => field.current?.select(), []);
  const copy = async () => {
    field.current?.select();
    const copied = await write(url);
    setOutcome(copied ? strings.copied : strings.copyYourself);
  };
  return (
    <>
      <label class="labelled">
        {strings.inviteLink}
        <input ref={field} type="text" dir="ltr" readOnly value={url} onFocus={() => field.current?.select()} />
      </label>
      <button type="button" class="primary" onClick={() => void copy()}>
        {strings.copy}
      </button>
      {"share" in navigator && (
        // Whoever closes the browser's sheet has shared nothing, which is no failure.
        <button type="button" class="secondary" onClick={() => navigator.share({ title, url }).catch(() => undefined)}>
          {strings.share}
        </button>
      )}
      <p class="outcome" role="status">
        {outcome}
      </p>
    </>
  );
}

/** False where the browser or the page's policy does not let us. */
async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text); // There is no `clipboard` on plain HTTP.
    return true;
  } catch {
    return false;
  }
}
