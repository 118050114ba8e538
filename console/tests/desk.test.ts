import { afterEach, expect, it, vi } from "vitest";
import type { AccountSession } from "@switchboard/client";
import { HttpTransport } from "@switchboard/client";
import { Desk } from "../src/desk";

const session = { token: async () => "t", drop: vi.fn() } as unknown as AccountSession;
const answer = vi.fn<typeof fetch>();
const desk = () => {
  vi.stubGlobal("fetch", answer);
  return new Desk(new HttpTransport("https://chat.example"), session);
};
const bodies = () => answer.mock.calls.map(([, init]) => JSON.parse(String(init?.body)) as unknown);

afterEach(() => {
  vi.unstubAllGlobals();
  answer.mockReset();
});

it("goes on looking on where the operator takes part no longer, and stays out where it was sent away", async () => {
  const frames = [3501, 3500].map((code) => ({ type: "disconnect", code, reason: "", reconnect: false }));
  answer.mockResolvedValue(new Response(frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("")));
  const seen = [];
  for await (const frame of await desk().stream("c_1", "t", null, new AbortController().signal)) seen.push(frame);
  expect(seen.map((frame) => frame.type === "disconnect" && frame.reconnect)).toEqual([true, false]);
});

it("says only the presence, so that teams and capacity stay", async () => {
  answer.mockImplementation(async () => new Response(null, { status: 204 }));
  await desk().setPresence("away");
  expect(bodies()).toEqual([{ status: "away" }]);
});

it("makes a call once more with another token where one is refused, and no more often", async () => {
  const refused = async () => Response.json({ code: "unauthorized", status: 401 }, { status: 401 });
  answer.mockImplementation(refused);
  await expect(desk().claim("c_1", 3)).rejects.toMatchObject({ code: "unauthorized" });
  expect(session.drop).toHaveBeenCalledWith("t");
  expect(bodies()).toEqual([{ term: 3 }, { term: 3 }]);
});
