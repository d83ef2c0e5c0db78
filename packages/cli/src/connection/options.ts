import { Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { RESOURCES } from "./names.ts";

const text = v.optional(v.string());

/** The options that locate the fleet. */
const optionsSchema = v.object({
  endpoint: text,
  profile: text,
  region: text,
  fleet: text,
  sourceBucket: text,
  renditionBucket: text,
  smallQueue: text,
  smallDlq: text,
  largeQueue: text,
  largeDlq: text,
  data: v.string(),
  /** The target is a deployed stage, even if a loopback endpoint stands for AWS. */
  isDeployed: v.optional(v.boolean()),
});
export type ConnectionOptions = v.InferOutput<typeof optionsSchema>;

export const CONNECTION_GROUP = "Target fleet:";

/** @param data the default data folder */
export function connectionOptions(data: string, path: (text: string) => string): Option[] {
  const named = (flags: string, what: string, variable: string) =>
    new Option(flags, `${what} [${variable}]`);
  return [
    new Option("--endpoint <url>", "an endpoint other than AWS [AWS_ENDPOINT_URL]"),
    new Option("--profile <name>", "a profile of the AWS CLI [AWS_PROFILE]"),
    new Option("--region <name>", "the AWS region [AWS_REGION]"),
    new Option("--fleet <name>", "one of several fleets that sst shell links"),
    named("--source-bucket <name>", "the source bucket", RESOURCES.sourceBucket.variable),
    named("--rendition-bucket <name>", "the rendition bucket", RESOURCES.renditionBucket.variable),
    named("--small-queue <name>", "name or URL", RESOURCES.smallQueue.variable),
    named(
      "--small-dlq <name>",
      "default: from the queue's redrive policy",
      RESOURCES.smallDlq.variable,
    ),
    named("--large-queue <name>", "name or URL", RESOURCES.largeQueue.variable),
    named("--large-dlq <name>", "default: as for --small-dlq", RESOURCES.largeDlq.variable),
    new Option("--data <dir>", "the data folder of a local fleet")
      .argParser(path)
      .default(data, ".imagefleet of the project"),
  ].map((option) => option.helpGroup(CONNECTION_GROUP));
}

/** Reads the connection options from the parsed options of a command. */
export function readConnectionOptions(options: unknown): ConnectionOptions {
  return v.parse(optionsSchema, options);
}

/**
 * The options as arguments of another process of this program: `["--profile=mine"]`.
 *
 * @param data the default data folder, which needs no argument
 */
export function connectionArguments(options: ConnectionOptions, data: string): string[] {
  return connectionOptions(data, (path) => path).flatMap((option) => {
    const [, value] =
      Object.entries(options).find(([name]) => name === option.attributeName()) ?? [];
    const isDefault = option.long === "--data" && value === data;
    return value === undefined || isDefault ? [] : [`${option.long}=${value}`];
  });
}
