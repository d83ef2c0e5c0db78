import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

/** Lambda's side of the runtime API, from which a runtime gets one invocation at a time. */
export interface RuntimeApi {
  /** The value of AWS_LAMBDA_RUNTIME_API: host:port. */
  readonly address: string;
  /**
   * @returns the handler's response
   * @throws Error with the runtime's error: of this invocation or of its start
   */
  invoke(event: unknown, timeoutMs: number): Promise<unknown>;
  close(): Promise<void>;
}

interface Invocation {
  readonly id: string;
  readonly body: string;
  readonly deadlineMs: number;
  readonly answer: PromiseWithResolvers<unknown>;
}

/** Listens on 127.0.0.1. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const dead = Promise.withResolvers<never>();
  // The next invocation reports it. Without an invocation it is not an unhandled rejection.
  dead.promise.catch(() => undefined);
  let current: Invocation | undefined;
  let asking: ServerResponse | undefined;

  const hand = () => {
    if (current === undefined || asking === undefined) return;
    asking.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": current.id,
      "lambda-runtime-deadline-ms": String(current.deadlineMs),
    });
    asking.end(current.body);
    asking = undefined;
  };

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const [, end = ""] = /\/runtime\/(.*)$/.exec(request.url ?? "") ?? [];
    if (end === "invocation/next") {
      asking = response;
      hand();
      return;
    }
    const said = await json(request);
    if (end === "init/error") dead.reject(new Error(JSON.stringify(said)));
    else if (end === `invocation/${current?.id}/response`) current?.answer.resolve(said);
    else current?.answer.reject(new Error(JSON.stringify(said)));
    response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  return {
    address: `127.0.0.1:${address.port}`,
    async invoke(event, timeoutMs) {
      current = {
        id: randomUUID(),
        body: JSON.stringify(event),
        deadlineMs: Date.now() + timeoutMs,
        answer: Promise.withResolvers(),
      };
      hand();
      try {
        return await Promise.race([current.answer.promise, dead.promise]);
      } finally {
        current = undefined;
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
