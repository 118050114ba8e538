// The npm EventSource with a ticket, then with the cookie that browsers keep. Tells every frame but pings.
import { EventSource } from "eventsource";

const { url, conversation, token } = JSON.parse(process.argv[2]);
const api = `${url}/chat/v1`;
const RETRY = new TextEncoder().encode("retry: 10\n\n"); // a reconnect in milliseconds, where it would wait for seconds

async function* hurried(body) {
  yield RETRY;
  yield* body;
}

const issued = await fetch(`${api}/tickets`, {
  method: "POST",
  headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
  body: "{}",
});
const { ticket } = await issued.json();

let cookie;
const source = new EventSource(`${api}/conversations/${conversation}/stream?ticket=${ticket}`, {
  fetch: async (input, init) => {
    const response = await fetch(input, { ...init, headers: { ...init.headers, ...(cookie && { Cookie: cookie }) } });
    cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    const { url, status, redirected, headers } = response;
    return { url, status, redirected, headers, body: response.body && ReadableStream.from(hurried(response.body)) };
  },
});
source.onmessage = ({ data }) => {
  if (JSON.parse(data).type !== "ping") process.stdout.write(data + "\n");
};
source.onerror = ({ code, message }) => code && process.stderr.write(`${code}: ${message}\n`);
setInterval(() => {}, 1_000); // its timer for a reconnect does not keep Node from ending
