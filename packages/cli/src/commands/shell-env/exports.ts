import { DEVELOPER, Tokens } from "@imagefleet/local/api";
import { asEnvironment } from "@imagefleet/local/credentials";
import { REGION } from "@imagefleet/local/resources";
import { fleetFolder, runningFleet } from "../../connection/data-folder.ts";
import { UsageError } from "../../usage-error.ts";

/** Variables that a shell may have set for AWS, and that override the exported ones. */
const OVERRIDING = [
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL_SQS",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/**
 * The variables that point AWS tools to the fleet of a data folder; undefined: the variable must be unset.
 *
 * @throws UsageError when no fleet runs there
 */
export async function shellExports(
  data: string,
  user: string | undefined,
): Promise<readonly (readonly [name: string, value: string | undefined])[]> {
  const fleet = await runningFleet(data);
  if (fleet === undefined) {
    throw new UsageError(
      `--data ${data}: no fleet runs on this folder. Start one with npm start, or use --data DIR with the folder of a running fleet`,
    );
  }
  const set = {
    AWS_ENDPOINT_URL: fleet.endpoint,
    AWS_REGION: REGION,
    // The AWS CLI reads only this one.
    AWS_DEFAULT_REGION: REGION,
    ...asEnvironment(fleet.credentials),
    ...(fleet.api !== undefined && {
      IMAGEFLEET_API_URL: fleet.api,
      IMAGEFLEET_API_TOKEN: await new Tokens(fleetFolder(data)).sign(user ?? DEVELOPER),
      IMAGEFLEET_TOPIC_ARN: fleet.topicArn,
    }),
  };
  return [...Object.entries(set), ...OVERRIDING.map((name) => [name, undefined] as const)];
}
