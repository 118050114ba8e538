// @vitest-environment happy-dom
import { h, render } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { GrowingText, lex, plainText } from "../../src/ui/markdown/lexer";
import { Blocks, safeUrl } from "../../src/ui/markdown/render";

const root = document.createElement("div");

function html(text: string): string {
  render(h(Blocks, { tokens: lex(text) }), root);
  return root.innerHTML;
}

afterEach(() => render(null, root));

const EVERYTHING = `# Title

Some *em*, **strong**, ~~gone~~, \`code\` and https://example.com.
A second line.

> quoted

- one
- two
  1. nested

| a | b |
|---|---|
| 1 | 2 |

\`\`\`py
print("<b>")
\`\`\`

---

The [end](https://example.com/end).`;

describe("rendering", () => {
  it("knows the whole of what bots write", () => {
    expect(html(EVERYTHING)).toMatchSnapshot();
  });

  it("shows raw HTML as text", () => {
    html("<img src=x onerror=alert(1)>\n\nand <b>bold</b> <script>alert(1)</script>");
    expect(root.querySelector("img, b, script")).toBeNull();
    expect(root.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(root.textContent).toContain("<b>bold</b>");
  });

  it.each(["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", "/relative", "file:///etc", "blob:x"])(
    "does not link to %s",
    (href) => {
      html(`[label](${href})`);
      expect(root.querySelector("a")).toBeNull();
      expect(root.textContent).toBe("label");
      expect(safeUrl(href)).toBeNull();
    },
  );

  it.each(["https://example.com/a?b=c", "http://example.com", "mailto:ada@example.com"])("links to %s", (href) => {
    html(`[label](${href})`);
    expect(root.querySelector("a")?.getAttribute("href")).toBe(href);
    expect(root.querySelector("a")?.rel).toContain("noopener");
  });

  it("links to a picture instead of loading it", () => {
    html("![A cat](https://example.com/cat.png)");
    expect(root.querySelector("img")).toBeNull();
    expect(root.querySelector("a")?.textContent).toBe("A cat");
  });
});

describe("growing text", () => {
  it.each([1, 2, 7, 40])("ends as the whole text does, in steps of %i", (step) => {
    const growing = new GrowingText();
    for (let end = step; end < EVERYTHING.length; end += step) growing.update(EVERYTHING.slice(0, end));
    render(h(Blocks, { tokens: growing.update(EVERYTHING) }), root);
    expect(root.innerHTML).toBe(html(EVERYTHING));
  });

  it("keeps the tokens of blocks that are final", () => {
    const growing = new GrowingText();
    const [first] = growing.update("One.\n\nTwo");
    expect(growing.update("One.\n\nTwo and more.\n\nThree")[0]).toBe(first);
  });

  it("begins anew with a text that is not a continuation", () => {
    const growing = new GrowingText();
    growing.update("One.\n\nTwo.\n\nThree");
    expect(growing.update("Another.").map((token) => token.raw)).toEqual(["Another."]);
  });

  it("keeps what the lexer normalises", () => {
    const growing = new GrowingText();
    growing.update("a\r\n\r\nb\r\n\r\nc");
    render(h(Blocks, { tokens: growing.update("a\r\n\r\nb\r\n\r\nc\r\n\r\nd") }), root);
    expect([...root.querySelectorAll("p")].map((p) => p.textContent)).toEqual(["a", "b", "c", "d"]);
  });
});

it("plain text has the words without the marks", () => {
  expect(plainText("**Two** parcels:\n\n- one `x`\n- [two](https://example.com)\n\n| a | b |\n|---|---|\n| 1 | 2 |")).toBe(
    "Two parcels: one x two a, b. 1, 2",
  );
});
