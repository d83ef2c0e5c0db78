import { Option } from "@commander-js/extra-typings";
import * as v from "valibot";
import { RESOURCES } from "./names.ts";

const text = v.optional(v.string());

/** What a command line may say of where the fleet is. */
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
  /** A deployed stage is meant: also where a loopback address stands for AWS. */
  isDeployed: v.optional(v.boolean()),
});
export type ConnectionOptions = v.InferOutput<typeof optionsSchema>;

export const CONNECTION_GROUP = "Where the fleet is:";

/** @param data the folder of `npm start`, by default */
export function connectionOptions(data: string, path: (text: string) => string): Option[] {
  const named = (flags: string, what: string, variable: string) =>
    new Option(flags, `${what} [${variable}]`);
  return [
    new Option("--endpoint <url>", "a server other than AWS's own [AWS_ENDPOINT_URL]"),
    new Option("--profile <name>", "a profile of the AWS CLI [AWS_PROFILE]"),
    new Option("--region <name>", "the AWS region [AWS_REGION]"),
    new Option("--fleet <name>", "which of the fleets that sst shell links"),
    named("--source-bucket <name>", "the bucket of sources", RESOURCES.sourceBucket.variable),
    named(
      "--rendition-bucket <name>",
      "the bucket of renditions",
      RESOURCES.renditionBucket.variable,
    ),
    named("--small-queue <name>", "name or URL", RESOURCES.smallQueue.variable),
    named(
      "--small-dlq <name>",
      "if not the queue's own redrive policy says",
      RESOURCES.smallDlq.variable,
    ),
    named("--large-queue <name>", "name or URL", RESOURCES.largeQueue.variable),
    named("--large-dlq <name>", "likewise", RESOURCES.largeDlq.variable),
    new Option("--data <dir>", "the data folder of a local fleet")
      .argParser(path)
      .default(data, ".imagefleet of the project"),
  ].map((option) => option.helpGroup(CONNECTION_GROUP));
}

/** Reads them back from what the parser gives. */
export function readConnectionOptions(options: unknown): ConnectionOptions {
  return v.parse(optionsSchema, options);
}
