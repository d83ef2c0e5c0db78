import recipe from "../recipe.ts";
import { decrypting } from "./access.ts";
import { large, small } from "./queues.ts";
import { physicalOfAccount } from "./stage.ts";
import { renditions, source } from "./storage.ts";

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs;

const lanes = [small.queue, large.queue].map(({ arn }) => arn);
const letters = [small.letters, large.letters].map(({ arn }) => arn);
const sources = $interpolate`${source.arn}/${recipe.source.prefix}*`;
const results = $interpolate`${renditions.arn}/${recipe.output.prefix}*`;

/** What the commands need that only look: status, audit, estimate; dlq's list, show and export. */
const looking: Statement[] = [
  { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
  { actions: ["s3:GetObject"], resources: [sources, results] },
  { actions: ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"], resources: [...lanes, ...letters] },
  // A dead letter is read by receiving it, and given back at once.
  { actions: ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"], resources: letters },
  // The oldest message's age. CloudWatch knows no resources: who may ask for one metric may for all.
  { actions: ["cloudwatch:GetMetricData"], resources: ["*"] },
  ...decrypting,
];

/** What besides: reprocess and audit --repair; dlq's redrive, discard and import. */
const changing: Statement[] = [
  { actions: ["sqs:SendMessage"], resources: [...lanes, ...letters] },
  { actions: ["sqs:DeleteMessage"], resources: letters },
  { actions: ["s3:DeleteObject"], resources: [results] },
];

/** For whoever is to look at the fleet with `imagefleet`, and to change nothing. */
export const viewerPolicy = policy(
  "Viewer",
  "imagefleet status, audit, estimate, dlq list",
  looking,
);

/** For whoever is to run every command of `imagefleet`; it holds what the viewer's does. */
export const operatorPolicy = policy("Operator", "imagefleet, every command", [
  ...looking,
  ...changing,
]);

function policy(name: string, description: string, statements: Statement[]): aws.iam.Policy {
  return new aws.iam.Policy(
    name,
    {
      // By this name a permission set of IAM Identity Center finds it.
      name: physicalOfAccount(name),
      description,
      policy: aws.iam.getPolicyDocumentOutput({ statements }).json,
    },
    // IAM changes no description: with another one the policy would be made anew, and IAM deletes none
    // that is attached.
    { ignoreChanges: ["description"] },
  );
}
