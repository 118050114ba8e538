import { describe, expect, it } from "vitest";
import { readEvents, SseError, SseParser } from "../src/sse.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Every event of `input` when it arrives in pieces of `size` bytes. */
function inPieces(input: Uint8Array, size: number): string[] {
  const parser = new SseParser();
  const events: string[] = [];
  for (let at = 0; at < input.length; at += size) events.push(...parser.push(input.subarray(at, at + size)));
  return events;
}

describe("the parser", () => {
  const stream = bytes('id: e.1\ndata: {"text":"grüße 🌼 سلام"}\n\n: a comment\n\ndata:two\ndata: lines\n\n');
  const expected = ['{"text":"grüße 🌼 سلام"}', "two\nlines"];

  it.each(Array.from({ length: stream.length }, (_, at) => at + 1))("reads the same from pieces of %i bytes", (size) => {
    expect(inPieces(stream, size)).toEqual(expected);
  });

  it.each([1, 2, 3, 100])("takes CRLF and CR for ends of lines, in pieces of %i bytes", (size) => {
    expect(inPieces(bytes("data: a\r\n\r\ndata: b\r\rdata: c\n\n"), size)).toEqual(["a", "b", "c"]);
  });

  it("ignores a byte order mark, other fields and an event without data", () => {
    expect(inPieces(bytes("\uFEFFretry: 5\nid: x\n\nevent: y\ndata: kept\n\n"), 4)).toEqual(["kept"]);
  });

  it("gives no event for a frame that was cut off", () => {
    expect(inPieces(bytes("data: whole\n\ndata: cut"), 100)).toEqual(["whole"]);
  });

  it("refuses a line that never ends", () => {
    const parser = new SseParser();
    const megabyte = new Uint8Array(1024 * 1024).fill(97);
    expect(() => {
      for (let count = 0; count < 20; count += 1) parser.push(megabyte);
    }).toThrow(SseError);
  });
});

it("reading ends with the body", async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes("data: 1\n\nda"));
      controller.enqueue(bytes("ta: 2\n\n"));
      controller.close();
    },
  });
  const events: string[] = [];
  for await (const event of readEvents(body)) events.push(event);
  expect(events).toEqual(["1", "2"]);
});
