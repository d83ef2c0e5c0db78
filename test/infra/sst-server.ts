import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { ACCOUNT, REGION } from "./answers.ts";
import type { Bundled } from "./resource.ts";

const callSchema = v.object({ method: v.string(), params: v.tuple([v.unknown()]) });
const buildSchema = v.object({
  functionID: v.string(),
  handler: v.string(),
  properties: v.unknown(),
  copyFiles: v.unknown(),
  links: v.unknown(),
});

/**
 * Stands where sst's own process would: answers what its components ask while the graph is built.
 * Functions are not bundled, only written down.
 */
export async function startSstServer(stub: string) {
  mkdirSync(stub, { recursive: true });
  // Others read it at the same time, and hash it: it is never there in part.
  const mine = `${stub}-${process.pid}.mjs`;
  writeFileSync(mine, "export const handler = () => {};\n");
  renameSync(mine, `${stub}/index.mjs`);
  const functions: Bundled[] = [];
  const answer = (method: string, params: unknown): object | undefined => {
    if (method === "Provider.Aws.Bootstrap") {
      const ecr = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/sst-asset`;
      return {
        asset: "sst-asset",
        assetEcrRegistryId: ACCOUNT,
        assetEcrUrl: ecr,
        state: "sst-state",
      };
    }
    if (method === "Provider.Aws.Appsync")
      return { http: "appsync.test", realtime: "appsync.test" };
    if (method !== "Runtime.Build" && method !== "Runtime.AddTarget") return undefined;
    const { functionID: id, ...bundled } = v.parse(buildSchema, params);
    functions.push(JSON.parse(JSON.stringify({ id, ...bundled })));
    return { handler: "index.handler", out: stub, errors: [], sourcemaps: [] };
  };
  const server = createServer(async (request, response) => {
    const { method, params } = v.parse(callSchema, JSON.parse(await text(request)));
    const result = answer(method, params[0]);
    response.end(JSON.stringify(result ? { result } : { error: `nobody answers ${method}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    functions,
    close: () => server.close(),
  };
}
