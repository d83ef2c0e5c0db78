import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalAws } from "@imagefleet/local/aws";
import type { Credentials } from "@imagefleet/local/credentials";
import * as v from "valibot";
import { inject } from "vitest";

/** The servers whose gaps are known by name. */
const servers = ["embedded", "moto", "aws"] as const;
export type ServerName = (typeof servers)[number];

/** What the suite runs against. Without an endpoint the SDK goes to AWS itself. */
export type Server = {
  name: ServerName;
  endpoint?: string;
  /** Undefined: it takes any. */
  credentials?: Credentials;
  /** It goes on after the tests: what they made there is theirs to remove. */
  lasting: boolean;
  close(): Promise<void>;
};

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

const env = v.parse(Environment, process.env);

/** Where the tests of vitest's project "moto" go; undefined in the other project. */
const moto: string | undefined = inject("motoEndpoint");

/** A server that is not there: its tests are skipped. */
export const serverMissing = moto === "";

const endpoint = moto ?? env.IMAGEFLEET_CONTRACT_ENDPOINT;

/** The name of the server under test, known before it is started. */
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
