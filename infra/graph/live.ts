/**
 * What the bridge of `sst dev` does not pass on of a function's environment, and the version of sst
 * that was read: https://github.com/anomalyco/sst/blob/dev/platform/functions/bridge/bridge.go
 */
export const WITHHELD = {
  sst: "4.17.1",
  variables: [
    "SST_DEBUG_ENDPOINT",
    "SST_DEBUG_SRC_HANDLER",
    "SST_DEBUG_SRC_PATH",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "LD_LIBRARY_PATH",
    "LAMBDA_TASK_ROOT",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_EXECUTION_ENV",
    "AWS_XRAY_DAEMON_ADDRESS",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "PATH",
    "PWD",
    "LAMBDA_RUNTIME_DIR",
    "LANG",
    "NODE_PATH",
    "SHLVL",
    "AWS_XRAY_DAEMON_PORT",
    "AWS_XRAY_CONTEXT_MISSING",
    "_HANDLER",
    "_LAMBDA_CONSOLE_SOCKET",
    "_LAMBDA_CONTROL_SOCKET",
    "_LAMBDA_LOG_FD",
    "_LAMBDA_RUNTIME_LOAD_TIME",
    "_LAMBDA_SB_ID",
    "_LAMBDA_SERVER_PORT",
    "_LAMBDA_SHARED_MEM_FD",
  ],
} as const;

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

/** The environment of the function's program in `sst dev`, of the function's own variables. */
export function liveEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
  const withheld: readonly string[] = WITHHELD.variables;
  const passed = Object.entries({ ...LAMBDAS, ...own }).filter(
    ([name]) => !withheld.includes(name),
  );
  // Of the runtime on the developer's machine.
  return { ...Object.fromEntries(passed), AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001" };
}
