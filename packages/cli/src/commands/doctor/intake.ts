import type {
  EventSourceMappingConfiguration,
  FunctionConfiguration,
} from "@aws-sdk/client-lambda";
import {
  GetBucketNotificationConfigurationCommand,
  type QueueConfiguration,
} from "@aws-sdk/client-s3";
import { clientConfig } from "@imagefleet/core/aws";
import { askFor, type Check, noneHere } from "../../check/check.ts";
import { sdk } from "../../check/sdk.ts";
import { many } from "../../terminal/thousands.ts";
import { DEPLOY_AGAIN, type Patient, type Stage } from "./fleet.ts";
import { isEventBridge } from "./queues.ts";

const BOTH = ["small", "large"] as const;

/** Does the source bucket tell the small lane of what is uploaded and removed? */
export function notificationChecks(patient: Patient): Promise<readonly Check[]> {
  const name = "notification of the source bucket";
  return askFor(name, "s3:GetBucketNotification", async () => {
    const { connection, sourceBucket: Bucket, stage } = patient;
    const configuration = await connection.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    if (stage !== undefined && isEventBridge(stage.settings)) {
      if (configuration.EventBridgeConfiguration !== undefined) {
        return [{ name, state: "ok", says: "The bucket sends its events to EventBridge." }];
      }
      return [
        {
          name,
          state: "wrong",
          says: `The bucket ${Bucket} does not send its events to EventBridge: no upload is heard of.`,
          fix: "Turn Amazon EventBridge on in the bucket's properties.",
          blocks: BOTH,
        },
      ];
    }
    return [queueNotification(patient, name, configuration.QueueConfigurations ?? [])];
  });
}

function queueNotification(
  { queues, recipe, sourceBucket }: Patient,
  name: string,
  configurations: readonly QueueConfiguration[],
): Check {
  const { arn } = queues.small.queue;
  const ours = configurations.filter(({ QueueArn }) => QueueArn === arn);
  const wrong = (says: string): Check => ({
    name,
    state: "wrong",
    says,
    fix: "Deploy the stage again; of a bucket whose notifications are set by hand, add the queue (docs/deploy.md).",
    blocks: BOTH,
  });
  if (ours.length === 0) {
    const others = configurations.map(({ QueueArn }) => QueueArn).join(", ");
    const instead = others === "" ? "" : `, but ${others}`;
    return wrong(
      `The bucket ${sourceBucket} does not notify ${arn}${instead}: no upload is heard of.`,
    );
  }
  const events = ours.flatMap(({ Events = [] }) => Events);
  for (const wanted of ["s3:ObjectCreated:", "s3:ObjectRemoved:"]) {
    if (!events.some((event) => event.startsWith(wanted))) {
      return wrong(`The bucket ${sourceBucket} does not tell of ${wanted}* to the small lane.`);
    }
  }
  const prefixes = ours.map(
    ({ Filter }) =>
      Filter?.Key?.FilterRules?.find(({ Name }) => Name?.toLowerCase() === "prefix")?.Value ?? "",
  );
  if (!prefixes.some((prefix) => recipe.source.prefix.startsWith(prefix))) {
    return wrong(
      `The bucket ${sourceBucket} tells of keys below ${prefixes.join(", ")} alone, and the recipe's source.prefix is "${recipe.source.prefix}".`,
    );
  }
  return {
    name,
    state: "ok",
    says: `It tells the small lane of ${many(events.length, "event type")}.`,
  };
}

/** What Lambda polls the small lane with, and the function that it calls. */
export interface Consumer {
  readonly checks: readonly Check[];
  /** The function's role; undefined where it is not known. */
  readonly role: string | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
export async function consumerChecks(patient: Patient): Promise<Consumer> {
  const name = "event source mapping of the function";
  const { stage } = patient;
  if (stage === undefined) {
    const checks = [noneHere(name, "mapping of AWS's: its event source polls the small lane")];
    return { checks, role: undefined };
  }
  const {
    LambdaClient,
    ListEventSourceMappingsCommand,
    GetFunctionConcurrencyCommand,
    GetFunctionConfigurationCommand,
  } = await sdk(() => import("@aws-sdk/client-lambda"));
  const lambda = new LambdaClient(clientConfig(stage.clients.LAMBDA));
  let called: string | undefined;
  let role: string | undefined;
  const mapping = await askFor(name, "lambda:ListEventSourceMappings", async () => {
    const { EventSourceMappings: all = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ EventSourceArn: patient.queues.small.queue.arn }),
    );
    const [first] = all;
    called = first?.FunctionArn;
    if (first === undefined) {
      return [wrongMapping(name, "There is none: nothing takes the small lane's messages.", true)];
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
            const asked = { FunctionName: called };
            const is = await lambda.send(new GetFunctionConfigurationCommand(asked));
            role = is.Role;
            const { ReservedConcurrentExecutions: reserved } = await lambda.send(
              new GetFunctionConcurrencyCommand(asked),
            );
            return [functionCheck(fn, is, reserved)];
          },
        );
  lambda.destroy();
  return { checks: [...mapping, ...checks], role };
}

function mappingChecks(
  name: string,
  mapping: EventSourceMappingConfiguration,
  { settings }: Stage,
): Check[] {
  const { State = "", LastProcessingResult = "" } = mapping;
  // Enabling, Updating and Creating pass by themselves.
  if (/^(Disabl|Delet)/.test(State)) {
    return [
      wrongMapping(
        name,
        `It is ${State.toLowerCase()}: nothing takes the small lane's messages.`,
        true,
      ),
    ];
  }
  const wrongs = [
    ...(LastProcessingResult.startsWith("PROBLEM")
      ? [wrongMapping(name, `Lambda says of it: ${LastProcessingResult}.`, true)]
      : []),
    ...(mapping.FunctionResponseTypes?.includes("ReportBatchItemFailures")
      ? []
      : [
          wrongMapping(
            name,
            "It does not report failures of single messages (ReportBatchItemFailures): one that fails brings back its whole batch.",
            false,
          ),
        ]),
    ...(mapping.ScalingConfig?.MaximumConcurrency === settings.functionConcurrency
      ? []
      : [
          wrongMapping(
            name,
            `Its maximum concurrency is ${mapping.ScalingConfig?.MaximumConcurrency ?? "not set"}, and functionConcurrency of the settings is ${settings.functionConcurrency}.`,
            false,
          ),
        ]),
  ];
  if (wrongs.length > 0) return wrongs;
  return [
    {
      name,
      state: "ok",
      says: `It is ${State.toLowerCase()}, calls ${many(settings.functionConcurrency, "function")} at once at most, and reports failures one by one.`,
    },
  ];
}

function wrongMapping(name: string, says: string, blocks: boolean): Check {
  return { name, state: "wrong", says, fix: DEPLOY_AGAIN, ...(blocks && { blocks: BOTH }) };
}

/** @param reserved concurrency that is set aside for it; undefined: it shares the account's */
function functionCheck(
  name: string,
  is: FunctionConfiguration,
  reserved: number | undefined,
): Check {
  const { FunctionName = "", State = "Active", LastUpdateStatus = "Successful" } = is;
  // The console's button "Throttle" does this.
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
  if (reserved === 0) {
    return {
      name,
      state: "wrong",
      says: `${FunctionName} may not run: its reserved concurrency is 0, as the button Throttle of Lambda's console sets it.`,
      fix: `Run: aws lambda delete-function-concurrency --function-name ${FunctionName}. What became a dead letter meanwhile, dlq redrive sends back.`,
      blocks: BOTH,
    };
  }
  if (State === "Failed" || LastUpdateStatus === "Failed") {
    const why = is.StateReason ?? is.LastUpdateStatusReason ?? "no reason is given";
    return {
      name,
      state: "wrong",
      says: `${FunctionName} cannot run: ${why}`,
      fix: "Deploy the stage again, and look at the function in the AWS console if that does not help.",
      blocks: BOTH,
    };
  }
  return { name, state: "ok", says: `${FunctionName} is ${State.toLowerCase()}.` };
}
