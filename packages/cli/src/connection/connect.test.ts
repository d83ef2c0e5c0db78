import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../fixtures/cli.ts";
import { openDataFolder } from "./data-folder.ts";
import { namesIn } from "./fixtures/names-in.ts";

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = await mkdtemp(join(tmpdir(), "imagefleet-connect-"));
  // Copies the sandbox's secret, as if the fleet of this data folder ran there.
  await (await openDataFolder(folder, false))[Symbol.asyncDispose]();
  await cp(join(sandbox.folder, "aws"), join(folder, "aws"), { recursive: true });
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

function summary(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return run(["dlq", "summary", "--data", folder, ...args], { cwd: folder, env });
}

/** What `sst shell` sets for the sandbox's fleet. */
function linked(): Record<string, string> {
  const link = { ...namesIn(sandbox), type: "imagefleet.index.Imagefleet" };
  return { SST_RESOURCE_Photos: JSON.stringify(link) };
}

describe("a fleet is located", () => {
  it("by its data folder", async () => {
    await using data = await openDataFolder(folder, false);
    await data.announce(sandbox);
    const { code, stdout } = await summary([]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `No dead letters at the local fleet, ${sandbox.endpoint}.\n`,
    });
  });

  it("by a name of the local fleet while it runs", async () => {
    await using data = await openDataFolder(folder, false);
    await data.announce(sandbox);
    const named = await run(["audit", "--json", "--data", folder], {
      cwd: folder,
      env: { IMAGEFLEET_SOURCE_BUCKET: sandbox.resources.sourceBucket },
    });
    expect(named.code, named.stderr).toBe(0);
  });

  it("only by its own names, and the error for a wrong name lists them", async () => {
    await using data = await openDataFolder(folder, false);
    await data.announce(sandbox);
    const url = sandbox.resources.lanes.small.url;
    const [queue, bucket, target, byUrl, byForeignUrl, byLink] = await Promise.all(
      [
        { args: ["status", "--small-queue", "imagefleet-smal"], env: {} },
        { args: ["audit", "--source-bucket", "nope"], env: { AWS_REGION: "eu-west-1" } },
        { args: ["estimate", "s3://other-bucket/"], env: { AWS_PROFILE: "mine" } },
        { args: ["status", "--json", "--small-queue", url], env: {} },
        { args: ["status", "--small-queue", "http://127.0.0.1:9/0/imagefleet-small"], env: {} },
        { args: ["status"], env: linked() },
      ].map(({ args, env }) => run([...args, "--data", folder], { cwd: folder, env })),
    );
    const at = `at the local fleet, ${sandbox.endpoint}: found`;
    const hint = "; for a fleet on AWS, add --region or --profile";
    expect(queue?.stderr).toContain(`no queue imagefleet-smal ${at} imagefleet-small, `);
    expect(queue?.stderr).toContain(hint);
    expect(bucket?.stderr).toContain(`no bucket nope ${at} imagefleet-`);
    expect(target?.stderr).toContain(
      `s3://other-bucket/: there is no bucket other-bucket ${at} imagefleet-`,
    );
    expect(byUrl?.code, byUrl?.stderr).toBe(0);
    expect(byForeignUrl?.stderr).toContain("--large-queue is not set for AWS");
    expect(byLink?.stderr).toContain("no region is set: use --region NAME");
    expect([queue, bucket, target, byForeignUrl, byLink].map((each) => each?.code)).toEqual(
      Array(5).fill(2),
    );
  });
});

describe("an error names what is wrong", () => {
  it.each([
    ["queue", "GetQueueUrl", /--small-queue: these credentials may not access the queue mine at /],
    [
      "queue",
      "ListQueues",
      /no queue mine at .*: these credentials may not list the names that exist/,
    ],
    [
      "bucket",
      "HeadBucket",
      /--source-bucket: these credentials may not access the bucket mine at /,
    ],
    [
      "bucket",
      "ListBuckets",
      /no bucket mine at .*: these credentials may not list the names that exist/,
    ],
  ])("a %s when the policy does not allow %s", async (what, operation, message) => {
    await using proxy = await FaultProxy.start(sandbox.endpoint, (invocation) =>
      invocation.operation === operation ? { kind: "AccessDenied" } : undefined,
    );
    const named = what === "queue" ? ["status", "--small-queue"] : ["audit", "--source-bucket"];
    const where = ["--endpoint", proxy.endpoint, "--data", folder];
    const { code, stderr } = await run([...named, "mine", ...where], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  it("a missing fleet", async () => {
    const { code, stderr } = await summary([]);
    expect(code).toBe(2);
    expect(stderr).toContain(`none runs on ${folder}`);
  });

  it("a missing resource name for AWS", async () => {
    const { code, stderr } = await summary(["--region", "eu-west-1"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--small-queue is not set for AWS (eu-west-1)");
  });
});
