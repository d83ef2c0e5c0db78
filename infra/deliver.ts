import { sending, storeAccess } from "./access.ts";
import type { Fleet } from "./context.ts";
import { makeRenderer, type Parts } from "./function.ts";
import { DELIVER } from "./numbers.ts";

/** The function that makes a rendition when it is first requested. Only CloudFront may call its URL. */
export function makeDeliver(fleet: Fleet, parts: Parts): sst.aws.Function {
  const { stores, lanes, telemetry } = parts;
  const { concurrency: reserved } = fleet.delivery ?? {};
  return makeRenderer(fleet, "Deliver", parts, {
    description: "Imagefleet: makes a rendition on its first request",
    folder: "deliver",
    memoryMb: DELIVER.memoryMb,
    timeoutSeconds: DELIVER.timeoutSeconds,
    // A buffered answer has at most 6 MB.
    // https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
    streaming: true,
    url: { authorization: "iam" },
    ...(reserved !== undefined && { concurrency: { reserved } }),
    environment: {
      ...(telemetry.metricsNamespace !== undefined && {
        IMAGEFLEET_METRICS_NAMESPACE: telemetry.metricsNamespace,
      }),
    },
    permissions: [
      ...storeAccess(fleet, stores, ["s3:GetObject", "s3:PutObject"]),
      sending(lanes.small.queue),
      sending(lanes.large.queue),
    ],
  });
}

/**
 * Lets one distribution, and nobody else, call the function's URL. Since October 2025 both are needed.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export function letDistributionCall(
  { name, within }: Fleet,
  deliver: sst.aws.Function,
  distributionArn: $util.Input<string>,
): void {
  const principal = "cloudfront.amazonaws.com";
  const to = { function: deliver.name, principal, sourceArn: distributionArn };
  new aws.lambda.Permission(
    `${name}DeliverUrlPermission`,
    { ...to, action: "lambda:InvokeFunctionUrl", functionUrlAuthType: "AWS_IAM" },
    within,
  );
  new aws.lambda.Permission(
    `${name}DeliverPermission`,
    { ...to, action: "lambda:InvokeFunction", invokedViaFunctionUrl: true },
    within,
  );
}
