import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { readContent, saveContent } from "./content.ts";
import { type OpenSource, SourceStore } from "./source-store.ts";

const BYTES = 300_000;
const never = new AbortController().signal;
const content = Buffer.alloc(BYTES, "imagefleet");

let server: Server;
let sources: SourceStore;
let folder: string;

/** A server that answers as S3 does, and closes the connection within the content of the key "cut". */
beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(200, { etag: '"1"', "content-length": BYTES });
    if (!request.url?.includes("cut")) return response.end(content);
    return response.write(content.subarray(0, BYTES / 2), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  sources = new SourceStore(
    createS3({
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${address.port}`,
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    }),
  );
  folder = await mkdtemp(join(tmpdir(), "imagefleet-content-"));
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

async function open(key: string): Promise<OpenSource> {
  const answer = await sources.open("photos", key, { signal: never });
  if (answer.kind !== "open") throw new Error(answer.kind);
  return answer.source;
}

it("reads the whole content, into memory and into a file", async () => {
  expect(Buffer.from(await readContent(await open("whole"), never)).equals(content)).toBe(true);
  const file = join(folder, "whole");
  await saveContent(await open("whole"), file, never);
  expect((await readFile(file)).equals(content)).toBe(true);
});

it("fails when the connection breaks, and does not reject the source", async () => {
  const cut = await readContent(await open("cut"), never).catch((error: unknown) => error);
  expect(cut).toBeInstanceOf(Failure);
  expect(cut).toMatchObject({ reason: "StoreUnavailable" });
  const saved = await saveContent(await open("cut"), join(folder, "cut"), never).catch(
    (error: unknown) => error,
  );
  expect(saved).toMatchObject({ reason: "StoreUnavailable" });
});

it("stops reading when its signal is aborted", async () => {
  const reason = new Failure("TimedOut", "the function ran out of time");
  const late = AbortSignal.abort(reason);
  await expect(saveContent(await open("whole"), join(folder, "late"), late)).rejects.toBe(reason);
});
