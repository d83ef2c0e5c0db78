import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { METRICS as PROGRAMS_METRICS } from "@imagefleet/core/telemetry";
import { readEnv as readConsumeEnv } from "@imagefleet/lambda/consume/env";
import { readEnv as readInvalidateEnv } from "@imagefleet/lambda/invalidate/env";
import { readEnv as readWorkerEnv } from "@imagefleet/worker/env";
import { afterEach, describe, expect, it, vi } from "vitest";
import { METRICS } from "../../infra/metric-names.ts";
import { REGION } from "./answers.ts";
import { liveEnvironment } from "./live.ts";
import { all, at, jsonAt, listAt, numberAt, textAt, texts } from "./read.ts";
import { grants } from "./rules/access.ts";
import { workerEnvironment } from "./rules/worker.ts";
import { graphsOf } from "./variants.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const graph = graphsOf(
  "production",
  "a stage of its own",
  "all settings",
  "sst dev",
  "a bucket that is there",
);
type Name = Parameters<typeof graph>[0];

afterEach(() => vi.unstubAllEnvs());

describe("what the programs are given is what they read", () => {
  it.each(["production", "all settings", "sst dev"] as const)("the function: %s", (name) => {
    const fn = all(graph(name), "lambda/function:Function").find(
      (each) => each.name === "ConsumeFunction",
    );
    const given = variables(at(fn?.inputs, "environment.variables"));
    // What Lambda sets besides is not there in `sst dev`.
    only({ ...given, AWS_REGION: REGION });
    const read = readConsumeEnv();
    expect(read).toMatchObject({
      IMAGEFLEET_MAX_RECEIVES: 5,
      memoryMib: numberAt(fn?.inputs, "memorySize"),
    });
    expect(Object.keys(read)).toEqual(expect.arrayContaining(ours(given)));
  });

  it.each(["all settings", "sst dev"] as const)("the function that invalidates: %s", (name) => {
    const fn = all(graph(name), "lambda/function:Function").find(
      (each) => each.name === "InvalidateFunction",
    );
    const given = variables(at(fn?.inputs, "environment.variables"));
    only({ ...given, AWS_REGION: REGION });
    const read = readInvalidateEnv();
    const id = name === "sst dev" ? "DeliveryDistribution" : "E1ABC";
    expect(read).toMatchObject({
      IMAGEFLEET_DISTRIBUTION_ID: expect.stringContaining(id),
      IMAGEFLEET_RECIPE: "recipe.mjs",
    });
    expect(Object.keys(read)).toEqual(expect.arrayContaining(ours(given)));
  });

  it("the function in `sst dev`, whose bridge withholds much of what Lambda sets", async () => {
    const fn = all(graph("sst dev"), "lambda/function:Function").find(
      (each) => each.name === "ConsumeFunction",
    );
    const env = liveEnvironment(ROOT, variables(at(fn?.inputs, "environment.variables")));
    expect(env).not.toHaveProperty("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    const entry = join(ROOT, "packages/lambda/src/consume/handler.ts");
    const program = `const { handler } = await import(${JSON.stringify(pathToFileURL(entry))});
      process.stdout.write(typeof handler);
      process.exit();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      // As sst starts it: in the folder of what was bundled, with the recipe beside it.
      { env, cwd: join(ROOT, ".sst", "imagefleet", "Photos") },
    );
    expect(stdout).toBe("function");
  });

  it.each(["production", "all settings"] as const)("the worker: %s", (name) => {
    const given = workerEnvironment(graph(name));
    // The image brings the folder that the task's disk is mounted over.
    only({ ...given, AWS_REGION: REGION, IMAGEFLEET_SCRATCH: scratchOfTheImage() });
    const read = readWorkerEnv();
    expect(read).toMatchObject({
      IMAGEFLEET_MAX_RECEIVES: 5,
      IMAGEFLEET_JOBS: 1,
      IMAGEFLEET_LEASE_SECONDS: 120,
      IMAGEFLEET_SCRATCH: "/scratch",
    });
    expect(Object.keys(read)).toEqual(expect.arrayContaining(ours(given)));
  });
});

describe("metrics", () => {
  const given = (name: Name) => {
    const fn = all(graph(name), "lambda/function:Function").find(
      (each) => each.name === "ConsumeFunction",
    );
    return variables(at(fn?.inputs, "environment.variables"));
  };
  const searches = (name: Name) => {
    const [dashboard] = all(graph(name), "cloudwatch/dashboard:Dashboard");
    const text = textAt(dashboard?.inputs, "dashboardBody");
    return [...text.matchAll(/SEARCH\('\{(.*?)\} MetricName=\\"(\w+)/g)].map(
      ([, schema = "", metric = ""]) => {
        const [namespace, ...dimensions] = schema.replaceAll('\\"', "").split(",");
        return { namespace, metric, dimensions };
      },
    );
  };

  it("are asked of both programs under the name of the stage, and drawn by it", () => {
    expect(given("a stage of its own")).toMatchObject({
      IMAGEFLEET_METRICS_NAMESPACE: "imagefleet/review-7/Photos",
    });
    const name = "IMAGEFLEET_METRICS_NAMESPACE";
    expect(workerEnvironment(graph("production"))[name]).toBe("imagefleet/production/Photos");
    const found = searches("production");
    expect(new Set(found.map(({ metric }) => metric))).toEqual(new Set(Object.keys(METRICS)));
    for (const { namespace, metric, dimensions } of found) {
      expect(namespace).toBe("imagefleet/production/Photos");
      expect(PROGRAMS_METRICS).toHaveProperty(metric, expect.objectContaining({ dimensions }));
    }
  });

  it("are there where the stage wants them, and not in sst dev, whose lines CloudWatch never sees", () => {
    for (const name of ["all settings", "sst dev"] as const) {
      expect(given(name)).not.toHaveProperty("IMAGEFLEET_METRICS_NAMESPACE");
    }
    expect(searches("all settings")).toEqual([]);
  });

  it("are read by CloudWatch from the programs' lines as they are, with nothing in between", () => {
    const fn = all(graph("production"), "lambda/function:Function").find(
      (each) => each.name === "ConsumeFunction",
    );
    const [task] = all(graph("production"), "ecs/taskDefinition:TaskDefinition");
    expect(textAt(fn?.inputs, "loggingConfig.logFormat")).toBe("Text");
    const [worker, ...sidecars] = listAt(
      { all: jsonAt(task?.inputs, "containerDefinitions") },
      "all",
    );
    expect(textAt(worker, "logConfiguration.logDriver")).toBe("awslogs");
    expect(sidecars).toEqual([]);
  });

  it("are called as the programs call them", () => {
    const theirs = Object.entries(PROGRAMS_METRICS).map(([name, { dimensions }]) => [
      name,
      dimensions,
    ]);
    expect(METRICS).toEqual(Object.fromEntries(theirs));
  });
});

describe("traces", () => {
  const mayTrace = (name: Name, role: string) =>
    grants(graph(name), role).filter((grant) => grant.startsWith("xray:"));
  const traceVariables = (name: Name) => {
    const fn = all(graph(name), "lambda/function:Function").find(
      (each) => each.name === "ConsumeFunction",
    );
    const given = [
      variables(at(fn?.inputs, "environment.variables")),
      workerEnvironment(graph(name)),
    ];
    return given.map((each) => [each["IMAGEFLEET_TRACES_URL"], each["IMAGEFLEET_TRACES_SHARE"]]);
  };

  it("are asked of nobody by default", () => {
    expect(traceVariables("production")).toEqual(Array(2).fill([undefined, undefined]));
    for (const name of ["production", "a bucket that is there"] as const) {
      expect([...mayTrace(name, "ConsumeRole"), ...mayTrace(name, "WorkerTaskRole")]).toEqual([]);
    }
  });

  it("go to X-Ray, which both programs may then write to", () => {
    const url = `https://xray.${REGION}.amazonaws.com/v1/traces`;
    expect(traceVariables("all settings")).toEqual(Array(2).fill([url, "0.5"]));
    for (const role of ["ConsumeRole", "WorkerTaskRole"]) {
      expect(mayTrace("all settings", role)).toEqual([
        "xray:PutSpans *",
        "xray:PutSpansForIndexing *",
        "xray:PutTraceSegments *",
      ]);
    }
  });

  it("go to a collector", () => {
    const url = "http://collector.example.com:4318/v1/traces";
    expect(traceVariables("a bucket that is there")).toEqual(Array(2).fill([url, "0.05"]));
  });

  it("leave the worker's network by the collector's port, which is open for them alone", () => {
    const ports = (name: Name) =>
      all(graph(name), "ec2/securityGroup:SecurityGroup").flatMap(({ inputs }) =>
        listAt(inputs, "egress").map((each) => [at(each, "fromPort"), at(each, "toPort")]),
      );
    const https = [443, 443];
    expect(ports("production")).toEqual([https]);
    expect(ports("all settings")).toEqual([https]);
    expect(ports("a bucket that is there")).toEqual([https, [4318, 4318]]);
  });
});

function variables(from: unknown): Record<string, string> {
  const pairs = Object.entries(from ?? {}).flatMap(([name, value]) =>
    texts(value).map((text) => [name, text] as const),
  );
  return Object.fromEntries(pairs);
}

function ours(given: Readonly<Record<string, string>>): string[] {
  return Object.keys(given).filter((name) => name.startsWith("IMAGEFLEET_"));
}

/** Nothing of this machine's own is left to fill a gap. */
function only(given: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) {
    if (/^(IMAGEFLEET|AWS)_/.test(name)) vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
}

function scratchOfTheImage(): string {
  const file = readFileSync(join(ROOT, "docker", "worker.Dockerfile"), "utf8");
  const [, folder = ""] = /IMAGEFLEET_SCRATCH=(\S+)/.exec(file) ?? [];
  expect(file).toContain(`VOLUME ${folder}`);
  return folder;
}
