// TOPIC_ARN=arn:aws:sns:… PORT=8080 node main.ts, behind what ends TLS.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { host, port, topicArn } from "./env.ts";
import { createReceiver } from "./receiver.ts";

/** A message of SNS has at most 256 KiB, and its characters may be escaped. */
const MAX_BYTES = 2 * 1024 * 1024;

const receive = createReceiver({
  topicArn,
  host,
  apply: async ({ type, key, seq, reason }) => {
    print({ type, key, seq, reason });
  },
});

const server = createServer(async (request, response) => {
  const bytes = Number(request.headers["content-length"]);
  // SNS sends the length.
  if (request.method !== "POST" || !(bytes <= MAX_BYTES)) {
    response.writeHead(request.method === "POST" ? 413 : 405, { connection: "close" }).end();
    return;
  }
  try {
    const { status, text: answer } = await receive(await text(request));
    response.writeHead(status, { "content-type": "text/plain" }).end(answer);
  } catch (error) {
    // The connection was lost.
    response.destroy(error instanceof Error ? error : undefined);
  }
});
server.listen(port, () => print(server.address()));

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
