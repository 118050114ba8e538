// Reads logs, one JSON list of frames a line, and tells what our client makes of each.
import readline from "node:readline";
import { apply, EMPTY } from "../../client/src/index.ts";

for await (const line of readline.createInterface({ input: process.stdin })) {
  let state = EMPTY;
  for (const frame of JSON.parse(line)) {
    const applied = apply(state, frame);
    if (applied.gap) throw new Error(`a gap at ${JSON.stringify(frame)}`);
    state = applied.state;
  }
  process.stdout.write(JSON.stringify(state) + "\n");
}
