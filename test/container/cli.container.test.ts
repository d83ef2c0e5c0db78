// preflight and doctor against moto, an independent AWS server. It has no values for Lambda's and
// Fargate's quotas, and does not support the protocol of CloudWatch's current client. A check without a
// response must be reported as not made, and prove nothing.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
} from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { run } from "../../packages/cli/src/fixtures/cli.ts";

const endpoint = inject("motoEndpoint");
const MINUTES = 60_000;
const REGION = "eu-west-1";
/** moto accepts any. */
const CREDENTIALS = { accessKeyId: "any", secretAccessKey: "any" };
const CLIENT = { region: REGION, endpoint, credentials: CREDENTIALS };
/** SST's names: app, stage, fleet and resource, and eight random letters. */
const named = (resource: string) => `moto-test-Photos${resource}-abcdefgh`;
const bucket = (resource: string) => named(resource).toLowerCase();

interface DoctorOutput {
  readonly checks: readonly { name: string; state: string; says: string }[];
  readonly pictures?: readonly { lane: string; renditionsMs: number | null }[];
}

let folder: string;

describe.skipIf(endpoint === "")("the CLI on moto", () => {
  const s3 = createS3(CLIENT);
  const sqs = createSqs(CLIENT);
  const iam = new IAMClient(CLIENT);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "imagefleet-moto-"));
    await writeFile(join(folder, "recipe.mjs"), `export default { presets: { thumb: "16x16" } };`);
  });
  afterAll(async () => {
    for (const client of [s3, sqs, iam]) client.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  async function imagefleet(command: string, ...more: string[]) {
    const args = [command, "--stage", "test", "--endpoint", endpoint, "--json", ...more];
    const { code, stdout, stderr } = await run(args, {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        AWS_ACCESS_KEY_ID: "any",
        AWS_SECRET_ACCESS_KEY: "any",
        IMAGEFLEET_SETTINGS: JSON.stringify({ app: "moto", region: REGION }),
      },
    });
    if (stdout === "") throw new Error(stderr);
    const output: DoctorOutput = JSON.parse(stdout);
    const state = (name: string) => output.checks.find((check) => check.name === name)?.state;
    const wrong = output.checks.filter((check) => check.state === "wrong").map(({ name }) => name);
    return { code, output, state, wrong };
  }

  it("preflight reports a missing role until it exists", async () => {
    const role = "service-linked role of ECS";
    expect((await imagefleet("preflight")).state(role)).toBe("wrong");
    await iam.send(
      new CreateRoleCommand({
        RoleName: "AWSServiceRoleForECS",
        Path: "/aws-service-role/ecs.amazonaws.com/",
        AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
      }),
    );
    const { state } = await imagefleet("preflight");
    expect(state(role)).toBe("ok");
    expect(state("credentials and account")).toBe("ok");
    expect(state("quota of VPCs")).toBe("ok");
    expect(state("quota of internet gateways")).toBe("ok");
  });

  it("doctor reports a fleet's missing parts, and uploads no picture that the fleet would not receive", {
    timeout: 3 * MINUTES,
  }, async () => {
    const queue = async (
      name: string,
      Attributes: Partial<Record<QueueAttributeName, string>> = {},
    ) => {
      const { QueueUrl: url = "" } = await sqs.send(
        new CreateQueueCommand({ QueueName: named(name), Attributes }),
      );
      const asked = { QueueUrl: url, AttributeNames: ["QueueArn" as const] };
      const arn = (await sqs.send(new GetQueueAttributesCommand(asked))).Attributes?.["QueueArn"];
      return { url, arn: arn ?? "" };
    };
    const [source, renditions] = [bucket("SourceBucket"), bucket("RenditionsBucket")];
    const location = { CreateBucketConfiguration: { LocationConstraint: REGION } } as const;
    for (const Bucket of [source, renditions]) {
      await s3.send(new CreateBucketCommand({ Bucket, ...location }));
    }
    const deadLetters = {
      small: await queue("SmallDlqQueue"),
      large: await queue("LargeDlqQueue"),
    };
    const redrive = (deadLetterTargetArn: string) =>
      JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
    await queue("SmallQueue", {
      RedrivePolicy: redrive(deadLetters.small.arn),
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "s3.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: "*",
            Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${source}` } },
          },
        ],
      }),
    });
    const large = await queue("LargeQueue");
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: source,
        NotificationConfiguration: {
          QueueConfigurations: [
            {
              Id: "imagefleet",
              QueueArn: large.arn,
              Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
            },
          ],
        },
      }),
    );

    // The notification goes to another queue, so doctor uploads no picture.
    const { code, state, wrong, output } = await imagefleet("doctor", "--recipe", "recipe.mjs");
    expect(code).toBe(3);
    expect(wrong).toEqual([
      "redrive policy of the large lane",
      "notification of the source bucket",
      "ECS service of the worker",
      "distribution",
    ]);
    expect(state("redrive policy of the small lane")).toBe("ok");
    expect(state("queue policy of the small lane")).toBe("ok");
    expect(state("alarms")).toBe("unknown");
    expect(state("picture through the small lane")).toBe("unknown");
    expect(output.pictures).toEqual([]);
  });
});
