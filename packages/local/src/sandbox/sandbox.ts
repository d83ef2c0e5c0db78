import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { startLocalAws } from "../aws/index.ts";
import type { Credentials } from "../credentials/index.ts";
import { createResources, REGION, type Resources } from "../resources/index.ts";

/** Temporary local AWS with the fleet's buckets and queues, without its programs. */
export interface Sandbox {
  readonly endpoint: string;
  /** The credentials for requests to them. */
  readonly credentials: Credentials;
  readonly region: string;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly resources: Resources;
  /** A folder that is removed with the sandbox. */
  readonly folder: string;
  close(): Promise<void>;
}

/** @param visibility each lane's visibility timeout, seconds */
export async function startSandbox(
  visibility: Readonly<Record<Lane, number>> = { small: 30, large: 30 },
): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-sandbox-"));
  const aws = await startLocalAws({ port: 0, dataDir: join(folder, "aws") });
  const client = { region: REGION, endpoint: aws.endpoint, credentials: aws.credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const resources = await createResources(s3, sqs, visibility);
  return {
    endpoint: aws.endpoint,
    credentials: aws.credentials,
    region: REGION,
    s3,
    sqs,
    resources,
    folder,
    async close() {
      s3.destroy();
      sqs.destroy();
      await aws.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
