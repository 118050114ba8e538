/** The console: a door, and the desk behind it. */

import type { ComponentChild } from "preact";
import { useMemo } from "preact/hooks";
import type { Console } from "../console";
import type { Language } from "../strings";
import { Provide, useSurroundings, useView } from "./context";
import { DeskPage } from "./DeskPage";
import { SignIn } from "./SignIn";

export function App({ desk, language }: { desk: Console; language: Language }): ComponentChild {
  const view = useView(desk);
  const surroundings = useMemo(() => ({ desk, language }), [desk, language]); // Another object would draw every row again.
  return (
    <Provide value={surroundings}>
      <Page desk={desk} view={view} />
    </Provide>
  );
}

function Page({ desk, view }: { desk: Console; view: ReturnType<typeof useView> }): ComponentChild {
  if (!view.me) return <SignIn />;
  if (!view.operator) return <Stranger name={view.me.name} onLeave={() => void desk.session.signOut()} />;
  return <DeskPage key={view.me.id} view={view} />;
}

/** Signed in, and not as an operator: nothing here would work. */
function Stranger({ name, onLeave }: { name: string; onLeave(): void }): ComponentChild {
  const { strings } = useSurroundings().language;
  const [before, command, after] = strings.notOperatorHelp.split("`");
  return (
    <main class="door">
      <div class="door-card">
        <h1>{strings.notOperator(name)}</h1>
        <p>
          {before}
          <code dir="ltr">{command}</code>
          {after}
        </p>
        <button type="button" class="button primary" onClick={onLeave}>
          {strings.signOut}
        </button>
      </div>
    </main>
  );
}
