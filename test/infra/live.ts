import { readFileSync } from "node:fs";
import { join } from "node:path";

const BRIDGE = ".sst/platform/functions/bridge/bridge.go";

/**
 * Where the program asks for invocations in `sst dev`: at sst's own server, under the worker's id.
 * https://github.com/anomalyco/sst/blob/dev/cmd/sst/mosaic/aws/function.go
 * https://github.com/anomalyco/sst/blob/dev/pkg/server/server.go
 */
const SST_RUNTIME_API = "localhost:13557/lambda/0123456789abcdef";

/**
 * What Lambda sets beside a function's own variables.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const LAMBDAS: Readonly<Record<string, string>> = {
  _HANDLER: "bundle.handler",
  AWS_DEFAULT_REGION: "eu-west-1",
  AWS_REGION: "eu-west-1",
  AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
  AWS_LAMBDA_FUNCTION_NAME: "consume",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/consume",
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
  AWS_ACCESS_KEY_ID: "ASIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "ends in an hour",
  AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001",
  LAMBDA_TASK_ROOT: "/var/task",
  LAMBDA_RUNTIME_DIR: "/var/runtime",
  LANG: "en_US.UTF-8",
  PATH: "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
  LD_LIBRARY_PATH: "/lib64:/usr/lib64",
  NODE_PATH: "/opt/nodejs/node24/node_modules",
  TZ: ":UTC",
};

/**
 * The environment of the function's program in `sst dev`: what sst's bridge passes on, and where sst
 * is asked for invocations.
 *
 * @param root where `.sst/platform` is, which holds the bridge's source
 * @param own the function's own variables
 */
export function liveEnvironment(
  root: string,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const withheld = withheldBy(readFileSync(join(root, BRIDGE), "utf8"));
  const passed = Object.entries({ ...LAMBDAS, ...own }).filter(([name]) => !withheld.has(name));
  return { ...Object.fromEntries(passed), AWS_LAMBDA_RUNTIME_API: SST_RUNTIME_API };
}

/** @throws Error where the bridge's source has no list any more of what it withholds */
function withheldBy(bridge: string): ReadonlySet<string> {
  const [, list] = /^var ENV_BLACKLIST = map\[string\]bool\{$([^}]*)^\}$/m.exec(bridge) ?? [];
  if (list === undefined) throw new Error(`${BRIDGE} has no ENV_BLACKLIST`);
  return new Set(Array.from(list.matchAll(/"(\w+)":\s+true,/g), ([, name = ""]) => name));
}
