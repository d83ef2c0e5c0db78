import { expect, test } from "vitest";
import { run } from "./fixtures/cli.ts";

/** A module that lets no AWS SDK and no codec be loaded. */
const LIGHT = `import { registerHooks } from "node:module";
registerHooks({
  resolve(name, context, next) {
    if (/^(@aws-sdk|@smithy|sharp)/.test(name)) throw new Error(\`\${context.parentURL} loads \${name}\`);
    return next(name, context);
  },
});`;

test("the program starts without the AWS SDK and the codecs, which double the time of a start", async () => {
  const options = `--import=data:text/javascript,${encodeURIComponent(LIGHT)}`;
  const { code, stderr } = await run(["--version"], {
    cwd: import.meta.dirname,
    env: { NODE_OPTIONS: options },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
