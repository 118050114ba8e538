// Socket.IO's own server as a fan-out. POST /publish emits its body to everybody.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(new URL("../../tests/clients/package.json", import.meta.url))("socket.io");
const server = createServer((request, response) => {
  if (request.method !== "POST") return;
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    io.emit("receive_message", JSON.parse(body));
    response.end();
  });
});
const io = new Server(server, { transports: ["websocket"] });
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(server.address().port));
