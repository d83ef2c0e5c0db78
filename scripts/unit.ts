import { globSync } from "node:fs";
import { ROOT } from "./checks.ts";

/** Tests that start servers, processes or browsers, run the real sst, or try a codec on hundreds of files. */
const NOT_UNIT = [
  "bench/{main,cost/cost,measure/command}.test.ts",
  "packages/cli/src/{permissions,invocation}.test.ts",
  "packages/cli/src/connection/{connect,data-folder,ways}.test.ts",
  "packages/cli/src/terminal/{interrupt,terminal}.test.ts",
  "packages/cli/src/commands/{audit,dlq,reprocess}/{audit,dlq,killed,memory,nested,repair,reprocess}.test.ts",
  "packages/cli/src/commands/{completion,estimate,render,shell-env,start,status}/*.test.ts",
  "packages/core/src/{attempt,reconcile,traces,recipe-file}/**",
  "packages/core/src/image/color/**",
  "packages/core/src/image/{bounds,damage,guard,orientation,tolerant}.test.ts",
  "packages/core/src/image/{decode/pixels,encode/quality}.test.ts",
  "packages/core/src/image/formats/{svg,jpeg/end,tiff/colors,bmp/bmp,heic/**/*,exif/bearable}.test.ts",
  "packages/lambda/src/consume/{anything,consume,handler,memory,poison}.test.ts",
  "packages/local/src/{aws,event-source,fault-proxy,fleet,function,samples}/**",
  "packages/worker/src/{anything,lease,main,memory,stop}.test.ts",
];

/** The files of `npm run test:unit`. */
export function unitTests(): string[] {
  return globSync("{bench,infra,packages/*/src}/**/*.test.ts", { cwd: ROOT, exclude: NOT_UNIT });
}
