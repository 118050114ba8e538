// A Socket.IO client as an application writes it. Tells what happens to it; obeys commands on its standard input.
import readline from "node:readline";
import { io } from "socket.io-client";

const { url, auth, transports, origin, reconnection = true, upgrade = true, keepPosition = true } = JSON.parse(process.argv[2]);
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

let position = { epoch: auth.epoch, offset: auth.offset };
let conversationId = auth.conversationId;
const socket = io(url, {
  path: "/chat/v1/socket.io",
  transports,
  upgrade,
  reconnection,
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
  extraHeaders: origin ? { Origin: origin } : undefined,
  auth: (give) => give(keepPosition ? { ...auth, conversationId, ...position } : auth),
});

const keep = ({ epoch, offset }) => {
  if (offset) position = { epoch, offset };
};

socket.on("connect", () => say({ event: "connect", transport: socket.io.engine.transport.name }));
socket.on("connect_error", (error) => say({ event: "connect_error", message: error.message, data: error.data ?? null }));
socket.on("disconnect", (reason) => say({ event: "disconnect", reason, active: socket.active }));
socket.on("connected", (hello) => {
  conversationId = hello.conversationId;
  say({ event: "connected", data: hello });
});
socket.on("entry", (entry) => {
  if (entry.type !== "connected") keep(entry);
  say({ event: "entry", data: entry });
});
socket.on("receive_message", (message) => {
  keep(message);
  say({ event: "receive_message", data: message });
});
socket.io.engine?.on("upgrade", (transport) => say({ event: "upgrade", transport: transport.name }));

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { emit, kill, close, bare } = JSON.parse(line);
  if (emit && bare) socket.emit(...emit);
  else if (emit) socket.emit(...emit, (answer) => say({ event: "ack", data: answer }));
  if (kill) socket.io.engine.close();
  if (close) socket.disconnect();
}
process.exit(0);
