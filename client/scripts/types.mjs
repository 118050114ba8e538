/** Writes `src/wire.ts` from `docs/protocol.schema.json`; with `--check`, says whether it is current instead. */

import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const SCHEMA = new URL("../../docs/protocol.schema.json", import.meta.url);
const TYPES = new URL("../src/wire.ts", import.meta.url);
const BANNER = "/** Everything on the wire. Generated from `docs/protocol.schema.json` by `npm run types`: change that. */";

const schema = JSON.parse(await readFile(SCHEMA, "utf8"));
const options = { additionalProperties: false, bannerComment: BANNER, style: { printWidth: 120 } };
const types = await compile(schema, "Wire", options);
if (!process.argv.includes("--check")) {
  await writeFile(TYPES, types);
} else if ((await readFile(TYPES, "utf8").catch(() => "")) !== types) {
  console.error("client/src/wire.ts is not what docs/protocol.schema.json says: run `npm run types` in client/");
  process.exit(1);
}
