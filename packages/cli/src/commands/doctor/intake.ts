import type {
  EventSourceMappingConfiguration,
  FunctionConfiguration,
} from "@aws-sdk/client-lambda";
import {
  GetBucketNotificationConfigurationCommand,
  type QueueConfiguration,
} from "@aws-sdk/client-s3";
import { clientConfig } from "@imagefleet/core/aws";
import { absentLocally, askFor, type Check, ok, problem } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { owned } from "../../connection/owned.ts";
import { present } from "../../present.ts";
import { many } from "../../terminal/format.ts";
import { DEPLOY_AGAIN, type Fleet, type Stage } from "./fleet.ts";
import { isEventBridge } from "./queues.ts";

const BOTH = ["small", "large"] as const;

/** Checks that the source bucket notifies the small lane of uploads and deletions. */
export function notificationChecks(fleet: Fleet): Promise<readonly Check[]> {
  const name = "notification of the source bucket";
  return askFor(name, "s3:GetBucketNotification", async () => {
    const { connection, sourceBucket: Bucket, stage } = fleet;
    const configuration = await connection.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    if (stage !== undefined && isEventBridge(stage.settings)) {
      if (configuration.EventBridgeConfiguration !== undefined) {
        return [ok(name, "The bucket sends its events to EventBridge.")];
      }
      return [
        problem(
          name,
          `The bucket ${Bucket} does not send its events to EventBridge: uploads start no job.`,
          "Turn Amazon EventBridge on in the bucket's properties.",
          BOTH,
        ),
      ];
    }
    return [queueNotification(fleet, name, configuration.QueueConfigurations ?? [])];
  });
}

function queueNotification(
  { queues, recipe, sourceBucket }: Fleet,
  name: string,
  configurations: readonly QueueConfiguration[],
): Check {
  const { arn } = queues.small.queue;
  const ours = configurations.filter(({ QueueArn }) => QueueArn === arn);
  const wrong = (message: string): Check =>
    problem(
      name,
      message,
      "Deploy the stage again. If the bucket's notifications are set by hand, add the queue (docs/deploy.md).",
      BOTH,
    );
  if (ours.length === 0) {
    const others = configurations.map(({ QueueArn }) => QueueArn).join(", ");
    const instead = others === "" ? "" : `, but ${others}`;
    return wrong(
      `The bucket ${sourceBucket} does not notify ${arn}${instead}: uploads start no job.`,
    );
  }
  const events = ours.flatMap(({ Events = [] }) => Events);
  for (const wanted of ["s3:ObjectCreated:", "s3:ObjectRemoved:"]) {
    if (!events.some((event) => event.startsWith(wanted))) {
      return wrong(
        `The bucket ${sourceBucket} does not notify the small lane of ${wanted}* events.`,
      );
    }
  }
  const prefixes = ours.map(
    ({ Filter }) =>
      Filter?.Key?.FilterRules?.find(({ Name }) => Name?.toLowerCase() === "prefix")?.Value ?? "",
  );
  if (!prefixes.some((prefix) => recipe.source.prefix.startsWith(prefix))) {
    return wrong(
      `The bucket ${sourceBucket} sends notifications only for keys under ${prefixes.join(", ")}, but source.prefix of the recipe is "${recipe.source.prefix}".`,
    );
  }
  return ok(name, `The bucket notifies the small lane of ${many(events.length, "event type")}.`);
}

/** The event source mapping of the small lane and the function that it calls. */
export interface Consumer {
  readonly checks: readonly Check[];
  /** The function's role; undefined if unknown. */
  readonly role: string | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
export async function consumerChecks(fleet: Fleet): Promise<Consumer> {
  const name = "event source mapping of the function";
  const { stage } = fleet;
  if (stage === undefined) {
    const checks = [
      absentLocally(name, "event source mapping: a local program polls the small lane"),
    ];
    return { checks, role: undefined };
  }
  const {
    LambdaClient,
    ListEventSourceMappingsCommand,
    GetFunctionConcurrencyCommand,
    GetFunctionConfigurationCommand,
  } = await sdk(() => import("@aws-sdk/client-lambda"));
  using lambda = owned(new LambdaClient(clientConfig(stage.clients("LAMBDA"))));
  let called: string | undefined;
  let role: string | undefined;
  const mapping = await askFor(name, "lambda:ListEventSourceMappings", async () => {
    const { EventSourceMappings: all = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ EventSourceArn: fleet.queues.small.queue.arn }),
    );
    const [first] = all;
    called = first?.FunctionArn;
    if (first === undefined) {
      const message = "The mapping does not exist: nothing receives the small lane's messages.";
      return [wrongMapping(name, message, true)];
    }
    return mappingChecks(name, first, stage);
  });
  const fn = "function";
  const checks =
    called === undefined
      ? []
      : await askFor(
          fn,
          "lambda:GetFunctionConfiguration and lambda:GetFunctionConcurrency",
          async () => {
            const input = { FunctionName: called };
            const is = await lambda.send(new GetFunctionConfigurationCommand(input));
            role = is.Role;
            const { ReservedConcurrentExecutions: reserved } = await lambda.send(
              new GetFunctionConcurrencyCommand(input),
            );
            return [functionCheck(fn, is, reserved)];
          },
        );
  return { checks: [...mapping, ...checks], role };
}

function mappingChecks(
  name: string,
  mapping: EventSourceMappingConfiguration,
  { settings }: Stage,
): Check[] {
  const { State = "", LastProcessingResult = "" } = mapping;
  // Enabling, Updating and Creating are transient.
  if (/^(Disabl|Delet)/.test(State)) {
    const message = `The mapping is ${State.toLowerCase()}: nothing receives the small lane's messages.`;
    return [wrongMapping(name, message, true)];
  }
  const { MinimumPollers: min, MaximumPollers: max } = mapping.ProvisionedPollerConfig ?? {};
  const is = limit(mapping.ScalingConfig?.MaximumConcurrency, { min, max });
  const wanted = limit(settings.functionConcurrency, settings.pollers);
  const failures =
    "The mapping does not report single failures (ReportBatchItemFailures): one failed message repeats its whole batch.";
  const problems = present(
    LastProcessingResult.startsWith("PROBLEM") &&
      wrongMapping(name, `The last result of the mapping is: ${LastProcessingResult}.`, true),
    !mapping.FunctionResponseTypes?.includes("ReportBatchItemFailures") &&
      wrongMapping(name, failures, false),
    is !== wanted &&
      wrongMapping(name, `The mapping has ${is}, but by the settings ${wanted}.`, false),
  );
  if (problems.length > 0) return problems;
  const message = `The mapping is ${State.toLowerCase()}, has ${wanted}, and reports single failures.`;
  return [ok(name, message)];
}

/** AWS refuses a mapping that has both. */
function limit(
  concurrency: number | undefined,
  pollers: { readonly min: number | undefined; readonly max: number | undefined } | undefined,
): string {
  if (pollers?.max !== undefined) return `pollers from ${pollers.min} to ${pollers.max}`;
  return concurrency === undefined ? "no limit" : `a maximum concurrency of ${concurrency}`;
}

function wrongMapping(name: string, message: string, blocks: boolean): Check {
  return problem(name, message, DEPLOY_AGAIN, blocks ? BOTH : undefined);
}

/** @param reserved reserved concurrency; undefined: the function shares that of the account */
function functionCheck(
  name: string,
  is: FunctionConfiguration,
  reserved: number | undefined,
): Check {
  const { FunctionName = "", State = "Active", LastUpdateStatus = "Successful" } = is;
  // The "Throttle" button of the console does this.
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
  if (reserved === 0) {
    return problem(
      name,
      `${FunctionName} cannot run: its reserved concurrency is 0, as after the "Throttle" button in the Lambda console.`,
      `Run: aws lambda delete-function-concurrency --function-name ${FunctionName}. Then redrive the dead letters.`,
      BOTH,
    );
  }
  if (State === "Failed" || LastUpdateStatus === "Failed") {
    const why = is.StateReason ?? is.LastUpdateStatusReason ?? "AWS gives no reason";
    return problem(
      name,
      `${FunctionName} cannot run: ${why}`,
      "Deploy the stage again. If that does not help, check the function in the AWS console.",
      BOTH,
    );
  }
  return ok(name, `${FunctionName} is ${State.toLowerCase()}.`);
}
