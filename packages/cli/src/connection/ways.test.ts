import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { asEnvironment } from "@imagefleet/local/credentials";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../fixtures/cli.ts";
import { namesIn } from "./fixtures/names-in.ts";
import { RESOLVE_LOCALLY } from "./fixtures/resolve-locally.ts";
import { RESOURCE_NAMES, RESOURCES, type Resource } from "./names.ts";

let sandbox: Sandbox;
let proxy: FaultProxy;
/** The sandbox under a foreign host name, so that no local default applies. */
let endpoint: string;
/** The names of the sandbox's resources. */
let names: Readonly<Record<Resource, string>>;

beforeAll(async () => {
  sandbox = await startSandbox();
  // The servers accept only names of this machine as Host.
  proxy = await FaultProxy.start(sandbox.endpoint, () => undefined);
  endpoint = proxy.endpoint.replace("127.0.0.1", "servers");
  CREDENTIALS = asEnvironment(sandbox.credentials);
  names = namesIn(sandbox);
  await writeFile(join(sandbox.folder, "dead-letters.ndjson"), "");
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await sandbox.close();
});

let CREDENTIALS: Readonly<Record<string, string>>;
const REGION = { AWS_REGION: "us-east-1" };

function imagefleet(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const all = { PATH: process.env["PATH"], HOME: sandbox.folder, ...RESOLVE_LOCALLY, ...env };
  return run(args, { cwd: sandbox.folder, env: all });
}

/** Every command that connects to a fleet. */
const COMMANDS = [
  ["status"],
  ["audit"],
  ["reprocess", "--yes"],
  ["dlq", "summary"],
  ["dlq", "list"],
  ["dlq", "show", "no such id"],
  ["dlq", "redrive", "--yes"],
  ["dlq", "discard", "--yes"],
  ["dlq", "export"],
  ["dlq", "import", "dead-letters.ndjson"],
] as const;

const flags = () =>
  RESOURCE_NAMES.flatMap((resource) => [RESOURCES[resource].flag, names[resource]]);

const variables = () =>
  Object.fromEntries(
    RESOURCE_NAMES.map((resource) => [RESOURCES[resource].variable, names[resource]]),
  );

const links = () => ({
  SST_RESOURCE_Photos: JSON.stringify({ ...names, type: "imagefleet.index.Imagefleet" }),
});

describe("flags, variables and links of SST select the same fleet", () => {
  it.each([
    ["status", "--json"],
    ["dlq", "summary", "--json"],
    ["audit", "--json"],
    ["reprocess", "--dry-run", "--json"],
  ])("in %s %s", async (...command) => {
    const at = { ...REGION, ...CREDENTIALS };
    const all = await Promise.all([
      imagefleet([...command, "--endpoint", endpoint, ...flags()], at),
      imagefleet(command, { ...at, AWS_ENDPOINT_URL: endpoint, ...variables() }),
      imagefleet([...command, "--endpoint", endpoint], { ...at, ...links() }),
    ]);
    for (const { code, stdout, stderr } of all) {
      expect([0, 3], stderr).toContain(code);
      expect(timeless(stdout)).toEqual(timeless(all[0].stdout));
    }
  });
});

/** The fields of each line, without times. */
function timeless(stdout: string): unknown[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const times = { at: null, readAt: null, reasonsAt: null, seconds: null };
      return { ...JSON.parse(line), ...times };
    });
}

describe("the error for a wrong name lists those that exist", () => {
  it("in every command", async () => {
    const wrong = [
      ...flags(),
      "--small-queue",
      "imagefleet-smal",
      "--source-bucket",
      "imagefleet-sources",
    ];
    const at = ["--endpoint", endpoint, ...wrong];
    const results = await Promise.all(
      COMMANDS.map((command) => imagefleet([...command, ...at], { ...REGION, ...CREDENTIALS })),
    );
    for (const [index, { code, stdout, stderr }] of results.entries()) {
      const found =
        /--small-queue: there is no queue imagefleet-smal at .*: found imagefleet-small, |--source-bucket: there is no bucket imagefleet-sources at .*: found imagefleet-source, /;
      expect(stderr, COMMANDS[index]?.join(" ")).toMatch(found);
      expect([code, stdout]).toEqual([2, ""]);
    }
  });
});

describe("endpoint, profile and region work as in the AWS CLI", () => {
  const command = ["status", "--json"];

  it("a profile sets region, credentials and endpoint", async () => {
    const config = join(sandbox.folder, "config");
    const { accessKeyId, secretAccessKey } = sandbox.credentials;
    const text = `[profile mine]\nregion = us-east-1\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\nendpoint_url = ${sandbox.endpoint}\n`;
    await writeFile(config, text);
    const env = { AWS_CONFIG_FILE: config, ...variables() };
    const [byFlag, byVariable, without] = await Promise.all([
      imagefleet([...command, "--profile", "mine"], env),
      imagefleet(command, { ...env, AWS_PROFILE: "mine" }),
      imagefleet([...command, "--profile", "other"], env),
    ]);
    for (const { code, stdout, stderr } of [byFlag, byVariable]) {
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ lanes: { small: { waiting: 1 } } });
    }
    expect(without.code).toBe(2);
    expect(without.stderr).toMatch(/profile other|no region is set/);
  });

  it("the variable of a service overrides the common one, and AWS_DEFAULT_REGION is read", async () => {
    const env = { AWS_DEFAULT_REGION: "us-east-1", ...CREDENTIALS, ...variables() };
    const nowhere = "http://servers:9";
    const [sqs, both] = await Promise.all([
      imagefleet(command, { ...env, AWS_ENDPOINT_URL: nowhere, AWS_ENDPOINT_URL_SQS: endpoint }),
      imagefleet([...command, "--endpoint", endpoint], { ...env, AWS_ENDPOINT_URL_SQS: nowhere }),
    ]);
    expect(sqs.code, sqs.stderr).toBe(0);
    expect(both.code, both.stderr).toBe(0);
  });

  it("the error for an invalid endpoint names it and the fix", async () => {
    const [byFlag, byVariable] = await Promise.all([
      imagefleet([...command, "--endpoint", "foo"]),
      imagefleet(command, { AWS_ENDPOINT_URL_S3: "localhost:4566" }),
    ]);
    const fix = "Include the scheme, as in http://127.0.0.1:4566";
    expect(byFlag).toMatchObject({ code: 2, stdout: "" });
    expect(byFlag.stderr).toContain(`--endpoint is "foo", which is not a URL`);
    expect(byFlag.stderr).toContain(fix);
    expect(byVariable).toMatchObject({ code: 2, stdout: "" });
    expect(byVariable.stderr).toContain(`AWS_ENDPOINT_URL_S3 is "localhost:4566"`);
    expect(byVariable.stderr).toContain(fix);
  });
});

describe("the oldest message's age", () => {
  let cloudWatch: Server;
  let requests: { target: string; queues: string[] }[];
  let isDenied: boolean;

  beforeAll(async () => {
    cloudWatch = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        const queries: {
          Id: string;
          MetricStat: { Metric: { Dimensions: { Value: string }[] } };
        }[] = JSON.parse(text).MetricDataQueries;
        requests.push({
          target: String(request.headers["x-amz-target"]),
          queues: queries.map(({ MetricStat }) => MetricStat.Metric.Dimensions[0]?.Value ?? ""),
        });
        const results = queries.map(({ Id }) => ({ Id, Timestamps: [1], Values: [840] }));
        response.writeHead(isDenied ? 400 : 200, { "content-type": "application/x-amz-json-1.0" });
        response.end(
          JSON.stringify(
            isDenied
              ? { __type: "AccessDenied", message: "not authorized" }
              : { MetricDataResults: results },
          ),
        );
      });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => cloudWatch.once("listening", resolve));
  });
  afterAll(() => cloudWatch.close());

  function status(...more: string[]) {
    const address = cloudWatch.address();
    const port = typeof address === "object" ? address?.port : 0;
    requests = [];
    return imagefleet(["status", ...more], {
      ...REGION,
      ...CREDENTIALS,
      ...variables(),
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_CLOUDWATCH: `http://127.0.0.1:${port}`,
    });
  }

  it("is from CloudWatch for a lane that is not empty; otherwise the reason why it is unknown is printed", async () => {
    isDenied = false;
    const [{ stdout, stderr }, plain] = await Promise.all([status("--json"), status()]);
    expect(stderr).toBe("");
    // The message in the small lane is the test event of S3.
    expect(JSON.parse(stdout)).toMatchObject({
      lanes: { small: { oldestSeconds: 840 }, large: { oldestSeconds: 0 } },
    });
    expect(requests[0]).toEqual({
      target: "GraniteServiceVersion20100801.GetMetricData",
      queues: ["imagefleet-small", "imagefleet-large"],
    });
    expect(plain.stdout).toMatch(/small +1 +0 +14 min +steady/);

    isDenied = true;
    const refused = await status("--json");
    expect(refused.code).toBe(0);
    expect(JSON.parse(refused.stdout)).toMatchObject({ lanes: { small: { oldestSeconds: null } } });
    expect(refused.stderr).toContain("cloudwatch:GetMetricData");
    expect(refused.stderr).toContain("AccessDenied: not authorized");
  });
});
