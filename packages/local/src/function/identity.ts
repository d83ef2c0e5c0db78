import { randomBytes } from "node:crypto";
import { basename, dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { hostEnvironment } from "./env.ts";
import type { FunctionOptions } from "./options.ts";

/** The properties of a handler process that are the same for all of its invocations. */
export interface Identity {
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** The account that local AWS servers use. */
const ACCOUNT = "000000000000";

export function newIdentity(options: FunctionOptions): Identity {
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    functionName: options.name,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${regionOf(options)}:${ACCOUNT}:function:${options.name}`,
    memoryLimitInMB: String(Math.floor(options.memoryBytes / (1024 * 1024))),
    logGroupName: `/aws/lambda/${options.name}`,
    logStreamName: `${day}/[$LATEST]${randomBytes(16).toString("hex")}`,
  };
}

/**
 * The environment of a handler process in order of precedence, lowest first: Lambda's defaults, the
 * function's variables, and the names that Lambda reserves.
 * Source: "Defined runtime environment variables", AWS Lambda developer guide.
 */
export function variablesOf(options: FunctionOptions, identity: Identity): Record<string, string> {
  const module = fileURLToPath(options.handler);
  return {
    ...hostEnvironment(),
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    ...options.environment,
    _HANDLER: `${basename(module, extname(module))}.${options.exportName}`,
    AWS_REGION: regionOf(options),
    AWS_DEFAULT_REGION: regionOf(options),
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: identity.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: identity.memoryLimitInMB,
    AWS_LAMBDA_FUNCTION_VERSION: identity.functionVersion,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: identity.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: identity.logStreamName,
    LAMBDA_TASK_ROOT: dirname(module),
  };
}

function regionOf(options: FunctionOptions): string {
  return options.environment["AWS_REGION"] ?? "us-east-1";
}
