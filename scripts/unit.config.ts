// The tests of `npm run test:unit`.
import { defineConfig } from "vitest/config";
import { ROOT } from "./checks.ts";

/** Tests that start servers, processes or browsers, or try a codec on hundreds of files. */
const NOT_UNIT = [
  "bench/{main,cost/cost,measure/command}.test.ts",
  "packages/cli/src/{main,permissions,invocation}.test.ts",
  "packages/cli/src/connection/{connect,data-folder,ways}.test.ts",
  "packages/cli/src/terminal/{interrupt,terminal}.test.ts",
  "packages/cli/src/commands/{audit,dlq,reprocess}/{audit,dlq,killed,memory,nested,repair,reprocess}.test.ts",
  "packages/cli/src/commands/{completion,estimate,render,shell-env,start,status}/*.test.ts",
  "packages/cli/src/{commands/{compare/compare,tune/tune},lab/lab}.test.ts",
  "packages/core/src/{attempt,reconcile,traces,recipe-file}/**",
  "packages/core/src/image/guard.test.ts",
  "packages/core/src/image/color/{code-points,gray,precedence}.test.ts",
  "packages/core/src/image/{decode/pixels,encode/quality}.test.ts",
  "packages/core/src/image/formats/{svg,jpeg/end,tiff/colors,heic/**/*}.test.ts",
  "packages/lambda/src/consume/{anything,consume,handler,memory,poison}.test.ts",
  "packages/local/src/{api,aws,event-source,fault-proxy,fleet,function,samples,upload-page}/**",
  "packages/worker/src/{anything,lease,main,memory,stop}.test.ts",
];

export default defineConfig({
  root: ROOT,
  test: {
    include: ["{bench,infra,packages/*/src}/**/*.test.ts"],
    exclude: ["**/node_modules/**", ...NOT_UNIT],
    testTimeout: 30_000,
  },
});
