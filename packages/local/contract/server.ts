import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { startLocalAws } from "../src/aws/index.ts";

/** The servers whose gaps are known by name. */
const servers = ["embedded", "moto", "aws"] as const;
export type ServerName = (typeof servers)[number];

/** What the suite runs against. Without an endpoint the SDK goes to AWS itself. */
export type Server = { name: ServerName; endpoint?: string; close(): Promise<void> };

const Environment = v.object({
  IMAGEFLEET_CONTRACT_ENDPOINT: v.optional(
    v.union(
      [v.literal("aws"), v.pipe(v.string(), v.url())],
      'IMAGEFLEET_CONTRACT_ENDPOINT is neither a URL nor "aws": give the address of a server that speaks S3 and SQS',
    ),
  ),
  /** Whose list of known gaps holds for a URL. */
  IMAGEFLEET_CONTRACT_SERVER: v.optional(v.picklist(servers), "moto"),
});

const { IMAGEFLEET_CONTRACT_ENDPOINT: endpoint, IMAGEFLEET_CONTRACT_SERVER: named } = v.parse(
  Environment,
  process.env,
);

/** The name of the server under test, known before it is started. */
export const serverName: ServerName =
  endpoint === undefined ? "embedded" : endpoint === "aws" ? "aws" : named;

export async function openServer(): Promise<Server> {
  if (endpoint === "aws") return { name: serverName, close: async () => {} };
  if (endpoint !== undefined) return { name: serverName, endpoint, close: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), "imagefleet-contract-"));
  const local = await startLocalAws({ port: 0, dataDir });
  const close = async () => {
    await local.close();
    await rm(dataDir, { recursive: true });
  };
  return { name: serverName, endpoint: local.endpoint, close };
}
