import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * Leaves marked's lexer alone in the bundle (3.4 KB gzip less). Its module ends by building a default `Marked` and
 * hanging functions on it, side effects that would keep the parser and the HTML renderer, which we never call.
 */
function lexerOnly(): Plugin {
  return {
    name: "marked-lexer-only",
    apply: "build",
    transform(code, id) {
      if (!id.endsWith("/marked/lib/marked.esm.js")) return undefined;
      const lexer = /(\w+) as Lexer\b/.exec(code)?.[1];
      const end = code.search(/;var \w+=new \w+;function \w+\(\w+,\w+\)\{return \w+\.parse\(/);
      if (!lexer || end < 0) throw new Error("marked's module has another shape: adapt or remove lexerOnly()");
      return { code: `${code.slice(0, end)};export{${lexer} as Lexer};`, map: null };
    },
  };
}

export default defineConfig({
  plugins: [lexerOnly()],
  // Its sources: what is not used of them stays out, and no build of it can be forgotten.
  resolve: { alias: { "@switchboard/client": fileURLToPath(new URL("../client/src/index.ts", import.meta.url)) } },
  build: {
    lib: { entry: "src/main.ts", name: "Switchboard", formats: ["iife"], fileName: () => "widget.js" },
    // What a customer's visitor may still run: the last three years of Chrome, Firefox and Safari.
    target: ["chrome111", "firefox115", "safari16.4"],
  },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
});
