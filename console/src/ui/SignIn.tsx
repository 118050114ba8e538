/** The door: mail and password. */

import type { ComponentChild, TargetedSubmitEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "@switchboard/client";
import { useSurroundings } from "./context";

export function SignIn(): ComponentChild {
  const { desk, language } = useSurroundings();
  const { strings } = language;
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    document.title = strings.name;
  }, []);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setTrouble("");
    try {
      await desk.session.signIn(String(form.get("email")).trim(), String(form.get("password")));
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : strings.signInFailed);
      setBusy(false);
    }
  };
  return (
    <main class="door">
      <form class="door-card" onSubmit={(event) => void submit(event)}>
        <h1>{strings.name}</h1>
        <label>
          {strings.mail}
          <input name="email" type="email" autocomplete="username" required dir="ltr" autofocus />
        </label>
        <label>
          {strings.password}
          <input name="password" type="password" autocomplete="current-password" required dir="ltr" />
        </label>
        <p class="trouble" role="alert">
          {trouble}
        </p>
        <button type="submit" class="button primary" disabled={busy}>
          {strings.signIn}
        </button>
      </form>
    </main>
  );
}
