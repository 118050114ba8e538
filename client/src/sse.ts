/** Server-Sent Events, read from bytes (the part of the HTML standard's section 9.2.6 that our server uses). */

/** More than the largest frame that the server sends (a snapshot of a long conversation); beyond it we give up. */
const MAX_BUFFERED = 16 * 1024 * 1024;

/** Raised when the bytes cannot be our server's stream. The connection is useless then: reconnect. */
export class SseError extends Error {}

/**
 * Turns chunks of bytes, cut anywhere (also inside a character or between CR and LF), into the `data` of each event.
 * Other fields are ignored: every frame of ours repeats its position inside the JSON.
 */
export class SseParser {
  #decoder = new TextDecoder();
  #line = "";
  #data: string[] = [];
  #afterCarriageReturn = false;

  push(chunk: Uint8Array): string[] {
    const text = this.#decoder.decode(chunk, { stream: true });
    const events: string[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at];
      if (char === "\n" && this.#afterCarriageReturn) {
        start = at + 1;
      } else if (char === "\n" || char === "\r") {
        this.#endLine(this.#line + text.slice(start, at), events);
        this.#line = "";
        start = at + 1;
      }
      this.#afterCarriageReturn = char === "\r";
    }
    this.#line += text.slice(start);
    if (this.#line.length > MAX_BUFFERED) throw new SseError("a line of the stream is too long");
    return events;
  }

  #endLine(line: string, events: string[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push(this.#data.join("\n"));
      this.#data = [];
      return;
    }
    if (line.startsWith("data:")) this.#data.push(line.slice(line[5] === " " ? 6 : 5));
  }
}

/** Yields the `data` of every event until the body ends. Cancelling the request's signal ends it with an AbortError. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const parser = new SseParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined); // The connection is gone either way; nobody is left to tell.
  }
}
