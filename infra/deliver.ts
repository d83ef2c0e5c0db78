import { join } from "node:path";
import { decrypting, sending } from "./access.ts";
import { type Fleet, transformed } from "./context.ts";
import { decoderThread } from "./decoder.ts";
import { DELIVER, LOG_RETENTION } from "./numbers.ts";
import { program, sharpVersion } from "./programs.ts";
import type { Lanes } from "./queues.ts";
import type { Stores } from "./storage.ts";
import type { Telemetry } from "./telemetry.ts";

interface Parts {
  readonly stores: Stores;
  readonly lanes: Lanes;
  readonly telemetry: Telemetry;
}

/** The function that makes a rendition when it is first requested. Only CloudFront may call its URL. */
export function makeDeliver(fleet: Fleet, { stores, lanes, telemetry }: Parts): sst.aws.Function {
  const { name, recipe, settings, retained, within } = fleet;
  const { source, renditions } = stores;
  const { small, large } = lanes;
  const { delivery } = settings;
  const reserved = delivery === "none" ? undefined : delivery.concurrency;
  return new sst.aws.Function(
    ...transformed<sst.aws.FunctionArgs>(
      fleet.transform.function,
      `${name}Deliver`,
      {
        description: "Imagefleet: makes a rendition on its first request",
        handler: program("packages/lambda/src/deliver/handler.ts").replace(/\.\w+$/, ".handler"),
        runtime: "nodejs24.x",
        architecture: "arm64",
        memory: `${DELIVER.memoryMb} MB`,
        timeout: `${DELIVER.timeoutSeconds} seconds`,
        // A buffered answer has at most 6 MB.
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
        streaming: true,
        url: { authorization: "iam" },
        ...(reserved !== undefined && { concurrency: { reserved } }),
        environment: {
          IMAGEFLEET_RECIPE: recipe.file,
          IMAGEFLEET_RENDITION_BUCKET: renditions.name,
          IMAGEFLEET_SOURCE_BUCKETS: source.name,
          IMAGEFLEET_SMALL_QUEUE_URL: small.queue.url,
          IMAGEFLEET_LARGE_QUEUE_URL: large.queue.url,
          IMAGEFLEET_FUNCTION_MEMORY_MB: String(DELIVER.memoryMb),
          ...(telemetry.metricsNamespace !== undefined && {
            IMAGEFLEET_METRICS_NAMESPACE: telemetry.metricsNamespace,
          }),
        },
        nodejs: {
          install: { sharp: sharpVersion() },
          splitting: true,
        },
        copyFiles: [decoderThread(), { from: join(recipe.folder, recipe.file), to: recipe.file }],
        permissions: [
          {
            actions: ["s3:GetObject"],
            resources: [$interpolate`${source.arn}/${recipe.source.prefix}*`],
          },
          {
            actions: ["s3:GetObject", "s3:PutObject"],
            resources: [$interpolate`${renditions.arn}/${recipe.output.prefix}*`],
          },
          // Never called: without it, S3 answers 403 rather than 404 for a missing key.
          { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
          ...decrypting(fleet, stores),
          ...(renditions.key
            ? [{ actions: ["kms:GenerateDataKey"], resources: [renditions.key] }]
            : []),
          sending(small.queue),
          sending(large.queue),
        ],
        logging: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
      },
      within,
    ),
  );
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
