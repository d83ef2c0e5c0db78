import { decrypting } from "./access.ts";
import { type Fleet, physicalOfAccount } from "./context.ts";
import type { Lanes } from "./queues.ts";
import type { Stores } from "./storage.ts";

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs;

/** The policies for people: whoever is to look with `imagefleet`, and whoever is to run all of it. */
export function policiesForPeople(fleet: Fleet, { small, large }: Lanes, stores: Stores) {
  const { source, renditions } = stores;
  const { recipe } = fleet;
  const lanes = [small.queue, large.queue].map(({ arn }) => arn);
  const letters = [small.letters, large.letters].map(({ arn }) => arn);
  const sources = $interpolate`${source.arn}/${recipe.source.prefix}*`;
  const results = $interpolate`${renditions.arn}/${recipe.output.prefix}*`;
  // What the commands need that only look: status, audit, estimate; dlq's list, show and export.
  const looking: Statement[] = [
    { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
    { actions: ["s3:GetObject"], resources: [sources, results] },
    { actions: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"], resources: [...lanes, ...letters] },
    // A dead letter is read by receiving it, and given back at once.
    { actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"], resources: letters },
    // The oldest message's age. CloudWatch knows no resources: who may ask for one metric may for all.
    { actions: ["cloudwatch:GetMetricData"], resources: ["*"] },
    ...decrypting(fleet, stores),
  ];
  // What besides: reprocess and audit --repair; dlq's redrive, discard and import.
  const changing: Statement[] = [
    { actions: ["sqs:SendMessage"], resources: [...lanes, ...letters] },
    { actions: ["sqs:DeleteMessage"], resources: letters },
    { actions: ["s3:DeleteObject"], resources: [results] },
  ];
  return {
    viewer: policy(fleet, "Viewer", "imagefleet status, audit, estimate, dlq list", looking),
    operator: policy(fleet, "Operator", "imagefleet, every command", [...looking, ...changing]),
  };
}

function policy(
  fleet: Fleet,
  name: string,
  description: string,
  statements: Statement[],
): aws.iam.Policy {
  return new aws.iam.Policy(
    `${fleet.name}${name}`,
    {
      // By this name a permission set of IAM Identity Center finds it.
      name: physicalOfAccount(fleet, name),
      description,
      policy: aws.iam.getPolicyDocumentOutput({ statements }).json,
    },
    // IAM changes no description: with another one the policy would be made anew, and IAM deletes none
    // that is attached.
    { ...fleet.within, ignoreChanges: ["description"] },
  );
}
