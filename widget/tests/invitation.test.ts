// @vitest-environment happy-dom
import { MemoryStore } from "@switchboard/client";
import { beforeEach, describe, expect, it } from "vitest";
import { forgetInvitation, invitationOf, linkTo } from "../src/invitation";

let tab: MemoryStore;
const visit = (address: string) => window.history.replaceState({ of: "the host" }, "", address);

beforeEach(() => {
  tab = new MemoryStore();
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL("https://shop.example/");
});

describe("a link to join", () => {
  it("leads to the page that the chat is on", () => {
    expect(linkTo("a.b-c_d", "https://shop.example/cart?id=7#top")).toBe("https://shop.example/cart#chat-join=a.b-c_d");
  });

  it("leaves the address at once, and waits in the tab", () => {
    visit("/cart?id=7#chat-join=a.b-c_d");
    expect(invitationOf(window, tab)).toBe("a.b-c_d");
    expect(window.location.href).toBe("https://shop.example/cart?id=7");
    expect(window.history.state).toEqual({ of: "the host" });
    expect(invitationOf(window, tab)).toBe("a.b-c_d");
    forgetInvitation(tab);
    expect(invitationOf(window, tab)).toBeNull();
  });

  it("is no other fragment", () => {
    visit("/cart#chat-joining");
    expect(invitationOf(window, tab)).toBeNull();
    expect(window.location.hash).toBe("#chat-joining");
  });

  it("is bounded", () => {
    visit(`/#chat-join=${"x".repeat(100_000)}`);
    expect(invitationOf(window, tab)).toHaveLength(4_096);
    expect(window.location.hash).toBe("");
  });
});
