// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readOptions, type Options } from "../src/options";
import { fetchIdentity, openFor } from "../src/signIn";

const URL_OF_HOST = "https://shop.example/chat-identity";
const answer = vi.fn<typeof fetch>();
const asked = () => answer.mock.calls.map(([url]) => String(url));
const session = (id: string) => ({ token: "t", expiresAt: Date.now() + 3_600_000, participant: { id, role: "customer", name: "Ada" } });
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const options = { server: "https://chat.example", identity: URL_OF_HOST } as Options;
const here = () => new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", answer.mockReset());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the host's answer", () => {
  it("is an identity, fetched with the host's own cookies", async () => {
    answer.mockResolvedValue(json({ identity: "a.b.c" }));
    expect(await fetchIdentity(URL_OF_HOST)).toBe("a.b.c");
    expect(answer).toHaveBeenCalledWith(
      URL_OF_HOST,
      expect.objectContaining({ credentials: "same-origin", cache: "no-store" }),
    );
  });

  it.each([204, 401])("may be that nobody is signed in: %s", async (status) => {
    answer.mockResolvedValue(new Response(null, { status }));
    expect(await fetchIdentity(URL_OF_HOST)).toBeNull();
  });

  it.each([
    [json({ identity: 7 }), false],
    [new Response("<h1>Sign in</h1>"), false],
    [json({}, 404), false],
    [json({}, 503), true],
  ])("is a fault otherwise", async (response, temporary) => {
    answer.mockResolvedValue(response);
    await expect(fetchIdentity(URL_OF_HOST)).rejects.toMatchObject({ code: "no_identity", status: 0, temporary });
  });
});

describe("the chat", () => {
  it("is the signed-in person's", async () => {
    answer.mockResolvedValueOnce(json({ identity: "a.b.c" })).mockResolvedValueOnce(json(session("user_ada"), 201));
    expect((await openFor(options, here()))?.view.me).toBe("user_ada");
    expect(asked()).toEqual([URL_OF_HOST, "https://chat.example/chat/v1/sessions"]);
    expect(answer.mock.calls[1]?.[1]?.body).toBe('{"identity":"a.b.c"}');
  });

  it("is a guest's where nobody is signed in, and where the tag names no address", async () => {
    answer.mockResolvedValue(new Response(null, { status: 204 }));
    expect((await openFor(options, here()))?.view.me).toBeNull();
    expect((await openFor({ ...options, identity: null }, here()))?.view.me).toBeNull();
    expect(asked()).toEqual([URL_OF_HOST]);
  });

  it("waits for a host that is away", async () => {
    answer.mockRejectedValueOnce(new TypeError("no network")).mockResolvedValueOnce(new Response(null, { status: 204 }));
    const opened = openFor(options, here());
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await opened)?.view.me).toBeNull();
  });

  it("is not opened for a guest when the server does not take the identity", async () => {
    const problem = { type: "about:blank", title: "Unauthorized", status: 401, code: "bad_identity", detail: "It has expired." };
    answer.mockResolvedValueOnce(json({ identity: "a.b.c" })).mockResolvedValueOnce(json(problem, 401));
    await expect(openFor(options, here())).rejects.toThrow("It has expired.");
  });
});

describe("the script tag", () => {
  it.each([
    ["", null],
    ['data-identity="/chat-identity"', "http://localhost:3000/chat-identity"],
  ])("may name an address of the page's own site: %s", (attribute, expected) => {
    document.body.innerHTML = `<script src="https://chat.example/widget.js" type="text/plain" ${attribute}></script>`;
    const script = document.querySelector("script") as HTMLScriptElement;
    expect(readOptions(script, document).identity).toBe(expected);
  });
});
