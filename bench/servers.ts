import type { S3Client } from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { spawnLocalAws } from "@imagefleet/local/aws";
import { createResources, REGION, type Resources } from "@imagefleet/local/resources";

/** Local S3 and SQS in a process of their own, with the buckets and queues of a fleet. */
export interface Servers extends AsyncDisposable {
  readonly aws: Awaited<ReturnType<typeof spawnLocalAws>>;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly resources: Resources;
}

export async function startServers(dataDir: string, visibilitySeconds: number): Promise<Servers> {
  const aws = await spawnLocalAws({ port: 0, dataDir });
  const client = { region: REGION, endpoint: aws.endpoint, credentials: aws.credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const visibility = { small: visibilitySeconds, large: visibilitySeconds };
  return {
    aws,
    s3,
    sqs,
    resources: await createResources(s3, sqs, visibility),
    async [Symbol.asyncDispose]() {
      s3.destroy();
      sqs.destroy();
      await aws.close();
    },
  };
}
