// An AG-UI client, as an application uses it: `HttpAgent` of the major that is asked for, told on standard input what to run.
// Prints every event as it comes, and after each run what the client has made of it.

import readline from "node:readline";

const { client, url, token, threadId, messages = [] } = JSON.parse(process.argv[2]);
const { HttpAgent } = await import(client);

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
let complaints = [];
console.warn = (...words) => complaints.push(words.join(" "));
console.error = () => {}; // a failed run: `failed` tells it

const agent = new HttpAgent({
  url,
  threadId,
  headers: { Authorization: `Bearer ${token}` },
  initialMessages: messages,
});

async function run({ say, ...parameters }) {
  complaints = [];
  let failed = null;
  if (say) agent.addMessage({ role: "user", ...say });
  const subscriber = { onEvent: ({ event }) => print({ event }) };
  try {
    await agent.runAgent(parameters, subscriber);
  } catch (error) {
    failed = String(error.message);
  }
  const { messages, state, pendingInterrupts } = agent;
  print({ done: { messages, state, pendingInterrupts, complaints, failed } });
}

let running = Promise.resolve();
for await (const line of readline.createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.abort) agent.abortRun();
  else running = running.then(() => run(command));
}
await running;
