// Node's plain HTTP server as an SSE fan-out: the least that Node can do. POST /publish sends its body to every reader.
import { createServer } from "node:http";

const readers = new Set();
const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.write("data: {}\n\n");
    readers.add(response);
    request.on("close", () => readers.delete(response));
    return;
  }
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    const event = `id: x.1\ndata: ${body}\n\n`;
    for (const reader of readers) reader.write(event);
    response.end();
  });
});
server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(server.address().port));
