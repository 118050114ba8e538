// `@microsoft/fetch-event-source` as docs/protocol.md says: the position comes from the frames. Tells every frame but pings.
import { fetchEventSource } from "@microsoft/fetch-event-source";

const { url, conversation, token } = JSON.parse(process.argv[2]);

// It is made for pages only, and asks these of them.
globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };

let position = {};
await fetchEventSource(`${url}/chat/v1/conversations/${conversation}/stream`, {
  headers: { Authorization: `Bearer ${token}` },
  fetch: (stream, init) => fetch(stream, { ...init, headers: { ...init.headers, ...position } }),
  onmessage: ({ id, data }) => {
    if (id) position = { "last-event-id": id };
    if (data && JSON.parse(data).type !== "ping") process.stdout.write(data + "\n");
  },
  onclose: () => {
    throw new Error("closed"); // else it takes an end of the stream for the end of everything
  },
  onerror: () => 10, // milliseconds to the next try
});
