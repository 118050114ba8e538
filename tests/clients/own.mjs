// Our own protocol client as a program uses it, in Node. Tells what it knows after every change; obeys its standard input.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import readline from "node:readline";
import WebSocketOfWs from "ws";
import { ChatClient, openChat, overWebSocket } from "../../client/src/index.ts";

const { url, transport, store, name, identities, quiet = false } = JSON.parse(process.argv[2]);
const TRANSPORTS = { sse: undefined, websocket: overWebSocket(), ws: overWebSocket(WebSocketOfWs) };

/** A store in a file: what a reload of a page is to a browser, a new process is here. */
class FileStore {
  #values = existsSync(store) ? JSON.parse(readFileSync(store, "utf8")) : {};
  get = (key) => structuredClone(this.#values[key] ?? null);
  keys = (prefix) => Object.keys(this.#values).filter((key) => key.startsWith(prefix));
  set = (key, value) => this.#change({ ...this.#values, [key]: value });
  remove = (key) => this.#change({ ...this.#values, [key]: undefined });
  #change(values) {
    this.#values = JSON.parse(JSON.stringify(values));
    writeFileSync(store, JSON.stringify(this.#values));
  }
}

/** The transport, counting the snapshots that come: one at first, and one for each gap. */
let snapshots = 0;
function counting(inner) {
  async function* counted(frames) {
    for await (const frame of frames) {
      snapshots += frame.type === "snapshot" ? 1 : 0;
      yield frame;
    }
  }
  return {
    open: async (...how) => counted(await inner.open(...how)),
    command: (...what) => inner.command(...what),
  };
}

const over = TRANSPORTS[transport] ?? ((http) => http);
const options = { server: url, name, store: new FileStore(), transport: (http) => counting(over(http)) };
/** The host's back end: `identities` are what it answers, one after another, and then that nobody is signed in. */
const identity = async () => identities.shift() ?? null;
const chat = identities ? await openChat({ ...options, identity }) : new ChatClient(options);
const show = () => process.stdout.write(JSON.stringify({ ...chat.view, snapshots }) + "\n");
let due = false;
chat.subscribe(() => {
  if (due || quiet) return;
  due = true;
  setImmediate(() => {
    due = false;
    show();
  });
});
chat.resume();

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { call, ...rest } = JSON.parse(line);
  if (call) await chat[call](...(rest.with ?? []));
  else show();
}
chat.close();
