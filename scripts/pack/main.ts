// npm run build:sst -- FOLDER: writes the package @imagefleet/sst there.
import { join, resolve } from "node:path";
import { ensurePlatform } from "../sst/platform.ts";
import { pack } from "./pack.ts";

const folder = process.argv[2];
if (folder === undefined) throw new Error("name the folder to write the package to");
await ensurePlatform(join(import.meta.dirname, "..", ".."));
await pack(resolve(folder));
