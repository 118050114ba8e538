import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** What an operator's browser loads before there is anything to see, gzipped: the page, the script and the styles. */
const MOST_BYTES = 120 * 1024;

/** Fails a build that has grown over the limit. */
function sizeLimit(): Plugin {
  return {
    name: "size-limit",
    apply: "build",
    generateBundle(_, bundle) {
      const files = Object.values(bundle).map((file) => (file.type === "chunk" ? file.code : file.source));
      const total = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
      const said = `${(total / 1024).toFixed(1)} KB gzip, of ${MOST_BYTES / 1024}`;
      if (total > MOST_BYTES) throw new Error(`the console is too large: ${said}`);
      console.log(`console: ${said}`);
    },
  };
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "./", // A proxy may put the server under a path.
  plugins: [sizeLimit()],
  resolve: {
    // Their sources: what is not used of them stays out, and no build of them can be forgotten.
    alias: [
      { find: "@switchboard/client", replacement: at("../client/src/index.ts") },
      { find: /^@switchboard\/widget\//, replacement: at("../widget/src/ui/") },
    ],
  },
  build: {
    // Names that stay: the server knows these files and no others.
    rolldownOptions: { output: { entryFileNames: "console.js", assetFileNames: "console.[ext]" } },
    modulePreload: false,
    target: ["chrome111", "firefox115", "safari16.4"],
  },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
});
