import { asEnvironment } from "@imagefleet/local/credentials";
import { REGION } from "@imagefleet/local/resources";
import { runningFleet } from "../../connection/data-folder.ts";
import { UsageError } from "../../usage-error.ts";

/** What a shell may have set for AWS itself, and what the SDKs and the AWS CLI take before these. */
const IN_THE_WAY = [
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL_SQS",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/**
 * The variables by which AWS's tools reach the fleet that runs on a data folder; undefined: none may be
 * set.
 *
 * @throws WrongUse when none runs
 */
export async function shellExports(
  data: string,
): Promise<readonly (readonly [name: string, value: string | undefined])[]> {
  const fleet = await runningFleet(data);
  if (fleet === undefined) {
    throw new UsageError(
      `--data ${data}: no fleet runs on it: start one with npm start, or name the folder of one that runs with --data DIR`,
    );
  }
  const set = {
    AWS_ENDPOINT_URL: fleet.endpoint,
    AWS_REGION: REGION,
    // The AWS CLI knows only this one.
    AWS_DEFAULT_REGION: REGION,
    ...asEnvironment(fleet.credentials),
  };
  return [...Object.entries(set), ...IN_THE_WAY.map((name) => [name, undefined] as const)];
}
