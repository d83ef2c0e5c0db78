import { join } from "node:path";
import { ensurePlatform } from "./platform.ts";

const root = join(import.meta.dirname, "..", "..");
const startedAt = performance.now();
const made = await ensurePlatform(root);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
if (made)
  process.stdout.write(`SST's components installed in .sst/platform in ${seconds} s, once\n`);
