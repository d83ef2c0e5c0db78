import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalAws } from "@imagefleet/local/aws";
import type { Credentials } from "@imagefleet/local/credentials";
import * as v from "valibot";
import { inject } from "vitest";

/** The servers with a list of known gaps. */
const servers = ["embedded", "moto", "aws"] as const;
export type ServerName = (typeof servers)[number];

/** The server under test. Without an endpoint the SDK uses AWS. */
export type Server = {
  name: ServerName;
  endpoint?: string;
  /** Undefined if the server accepts any. */
  credentials?: Credentials;
  /** Whether the server outlives the tests, which must then remove their resources. */
  lasting: boolean;
  close(): Promise<void>;
};

const Environment = v.object({
  IMAGEFLEET_CONTRACT_ENDPOINT: v.optional(
    v.union(
      [v.literal("aws"), v.pipe(v.string(), v.url())],
      'IMAGEFLEET_CONTRACT_ENDPOINT is neither a URL nor "aws": use the address of a server with S3 and SQS',
    ),
  ),
  /** The server whose list of known gaps applies to a URL. */
  IMAGEFLEET_CONTRACT_SERVER: v.optional(v.picklist(servers), "moto"),
});

const env = v.parse(Environment, process.env);

/** The endpoint of vitest's project "moto"; undefined in the other project. */
const moto: string | undefined = inject("motoEndpoint");

/** Whether the server is not available, so that its tests are skipped. */
export const serverMissing = moto === "";

const endpoint = moto ?? env.IMAGEFLEET_CONTRACT_ENDPOINT;

/** The name of the server under test. */
export const serverName: ServerName = nameOf();

function nameOf(): ServerName {
  if (moto !== undefined) return "moto";
  if (endpoint === undefined) return "embedded";
  return endpoint === "aws" ? "aws" : env.IMAGEFLEET_CONTRACT_SERVER;
}

export async function openServer(): Promise<Server> {
  const name = serverName;
  const close = async () => {};
  if (endpoint === "aws") return { name, lasting: true, close };
  if (endpoint !== undefined) return { name, endpoint, lasting: moto === undefined, close };
  return openEmbedded();
}

async function openEmbedded(): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), "imagefleet-contract-"));
  const local = await startLocalAws({ port: 0, dataDir });
  const close = async () => {
    await local.close();
    await rm(dataDir, { recursive: true });
  };
  return { name: serverName, ...local, lasting: false, close };
}
