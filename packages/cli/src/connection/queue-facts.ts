import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Connection } from "./connect.ts";

/** The attributes of a queue. */
export interface QueueFacts {
  readonly name: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export async function queueFacts({ sqs }: Connection, url: string): Promise<QueueFacts> {
  const { Attributes: attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  const arn = attributes["QueueArn"] ?? "";
  return { name: url.slice(url.lastIndexOf("/") + 1), arn, attributes };
}
