import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    lib: { entry: "src/index.ts", formats: ["es"], fileName: () => "client.js" },
    // Also Node 20; the widget says what browsers it supports.
    target: ["es2022"],
  },
  test: { include: ["tests/**/*.test.ts"] },
});
