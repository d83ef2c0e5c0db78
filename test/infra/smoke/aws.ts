import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import * as v from "valibot";
import { ACCOUNT, REGION } from "../answers.ts";

const nameSchema = v.object({ Name: v.string() });
const parameterSchema = v.object({ Name: v.string(), Value: v.string() });

/** What `sst bootstrap` would have left in the account. */
const BOOTSTRAP = {
  version: 99,
  asset: "sst-asset",
  assetEcrRegistryId: ACCOUNT,
  assetEcrUrl: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/sst-asset`,
  state: "sst-state",
};

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string | Buffer;
}

/** The few calls to AWS that sst makes by itself: its parameters, and its state in a bucket. */
export async function startAws() {
  const parameters = new Map([["/sst/bootstrap", JSON.stringify(BOOTSTRAP)]]);
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const { status, type, body } = await answer(request);
    response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body);
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const body = await buffer(request);
    const target = request.headers["x-amz-target"];
    if (typeof target === "string") return ssm(target, body);
    const key = request.url?.split("?")[0] ?? "";
    switch (request.method) {
      case "PUT":
        objects.set(key, body);
        return { status: 200 };
      case "DELETE":
        objects.delete(key);
        return { status: 204 };
      default: {
        const stored = objects.get(key);
        if (stored) return { status: 200, body: stored };
        return {
          status: 404,
          type: "application/xml",
          body: "<Error><Code>NoSuchKey</Code></Error>",
        };
      }
    }
  }

  function ssm(target: string, body: Buffer): Answer {
    const type = "application/x-amz-json-1.1";
    const asked: unknown = JSON.parse(body.toString());
    if (target === "AmazonSSM.PutParameter") {
      const { Name, Value } = v.parse(parameterSchema, asked);
      parameters.set(Name, Value);
      return { status: 200, type, body: '{"Version":1}' };
    }
    const { Name } = v.parse(nameSchema, asked);
    const Value = parameters.get(Name);
    if (Value === undefined) return { status: 400, type, body: '{"__type":"ParameterNotFound"}' };
    return {
      status: 200,
      type,
      body: JSON.stringify({ Parameter: { Name, Type: "String", Value } }),
    };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}
