// A chat of the AI SDK as useChat keeps it, without a page. Tells every chunk that it reads and what it is left with.
import readline from "node:readline";

const { client, api, token, chatId, messages = [] } = JSON.parse(process.argv[2]);
const { AbstractChat, DefaultChatTransport, validateUIMessages } = await import(client);
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

class Transport extends DefaultChatTransport {
  processResponseStream(stream) {
    const tap = new TransformStream({
      transform(chunk, out) {
        say({ chunk });
        out.enqueue(chunk);
      },
    });
    return super.processResponseStream(stream).pipeThrough(tap);
  }
}

class State {
  status = "ready";
  error = undefined;
  messages = messages;
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (at, message) => (this.messages = this.messages.map((old, n) => (n === at ? message : old)));
  snapshot = (value) => structuredClone(value);
}

class Chat extends AbstractChat {}

const headers = () => ({ Authorization: `Bearer ${token}` });
let response;
const chat = new Chat({
  id: chatId,
  state: new State(),
  transport: new Transport({
    api,
    headers,
    fetch: async (...request) => {
      response = await fetch(...request);
      return response;
    },
  }),
  onData: () => {},
});

const done = async (work) => {
  response = undefined;
  await work;
  say({
    done: {
      status: chat.status,
      error: chat.error?.message ?? null,
      code: response?.status ?? null,
      version: response?.headers.get("x-vercel-ai-ui-message-stream") ?? null,
      messages: chat.messages,
    },
  });
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { send, resume, regenerate, leave, load } = JSON.parse(line);
  if (send) done(chat.sendMessage(send));
  if (resume) done(chat.resumeStream());
  if (regenerate) done(chat.regenerate());
  if (leave) chat.stop();
  if (load) {
    const answer = await fetch(`${api}/${encodeURIComponent(chatId)}/messages`, { headers: headers() });
    const loaded = (await answer.json()).messages;
    chat.messages = loaded.length ? await validateUIMessages({ messages: loaded }) : loaded;
    say({ loaded: chat.messages });
  }
}
process.exit(0);
