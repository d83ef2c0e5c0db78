import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineRecipe } from "@imagefleet/core/recipe";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileEdge } from "./compile.ts";
import { notInRuntime } from "./language.fixture.ts";
import { RECIPES } from "./recipes.fixture.ts";
import { anyEvent, SECRETS, secretAt } from "./requests.fixture.ts";
import { requestHandler, responseHandler } from "./run.ts";
import { negotiatedPatterns } from "./template.ts";

/** Of presets with names of so many characters, and five widths each. */
const many = (presets: number, characters: number) =>
  defineRecipe({
    delivery: { classic: true },
    presets: Object.fromEntries(
      Array.from({ length: presets }, (_, at) => [
        `p${at}`.padEnd(characters, "-"),
        {
          size: "16x9",
          fit: "cover",
          widths: [1, 2, 3, 4, 5].map((width) => width * 1000 + at),
          formats: ["avif", "webp", "jpeg", "png", "gif"],
        },
      ]),
    ),
  });
const bytesOf = (code: string) => Buffer.byteLength(code);

describe("compileEdge", () => {
  it("takes 60 labels of any length in 10,240 bytes", () => {
    const { request, response } = compileEdge(many(12, 64));
    expect(bytesOf(request)).toBeLessThanOrEqual(10_240);
    expect(bytesOf(response)).toBeLessThanOrEqual(10_240);
    expect(bytesOf(compileEdge(many(12, 10)).request)).toBeLessThanOrEqual(6500);
  });

  it("says what to do where a function would be larger", () => {
    expect(() => compileEdge(many(60, 64))).toThrow(
      /^the edge function of the recipe's 300 presets and widths has \d+ bytes, and CloudFront takes 10240: use fewer widths or shorter preset names$/,
    );
  });

  it.each([...RECIPES.entries(), [5, many(12, 10)] as const])(
    "uses nothing that CloudFront's runtime lacks: recipe %i",
    (_at, recipe) => {
      const { request, response } = compileEdge(recipe);
      expect(notInRuntime(request)).toEqual([]);
      expect(notInRuntime(response)).toEqual([]);
    },
  );

  it.each([
    ["for (const a of []) a;", "ForOfStatement"],
    ["const { a } = {};", "ObjectPattern"],
    ["const a = {}; a?.b;", "ChainExpression"],
    ["const a = null ?? 1;", "??"],
    ["class A {}", "ClassDeclaration"],
    ["const a = [...[]];", "SpreadElement"],
    ["const a = async () => 1;", "ArrowFunctionExpression of a newer kind"],
    ["function* a() {}", "FunctionDeclaration of a newer kind"],
    ["async function a(b) { b(await b); }", "await as an argument"],
    ["const a = { b() {} };", "FunctionExpression"],
    ["const a = [].flatMap((b) => b);", ".flatMap()"],
    ["const a = new URL('a');", "NewExpression"],
    ["setTimeout(1);", "setTimeout"],
    ["process.exit;", "process"],
    ["const a = /(?<=b)c/;", "regex"],
    ["const a = /b/g;", "regex"],
    ["import a from 'fs';", "import of fs"],
  ])("would see %j", (code, fault) => {
    expect(notInRuntime(code)).toContain(fault);
  });

  it.each([
    [RECIPES[0], ["/*/*.auto"]],
    [RECIPES[1], ["/out*put/*r/*/i-*.auto"]],
    [RECIPES[2], ["/auto/*auto*/*"]],
    [RECIPES[4], ["/s/*.auto"]],
    [RECIPES[5], []],
  ])("names the addresses that are negotiated: %#", (recipe, patterns) => {
    expect(recipe && negotiatedPatterns(recipe)).toEqual(patterns);
  });
});

/** The engine that CloudFront's is made of. */
const HAS_NJS = spawnSync("njs", ["-v"], { stdio: "ignore" }).status === 0;
const title = "gives the same answers in njs, CloudFront's engine, as in Node";

it.skipIf(!HAS_NJS)(
  HAS_NJS ? title : `${title} (skipped: apt-get install njs)`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "imagefleet-njs-"));
    const seed = Date.now();
    try {
      for (const [at, recipe] of RECIPES.entries()) {
        const code = compileEdge(recipe);
        const events = fc.sample(anyEvent(recipe), {
          seed: seed + at,
          numRuns: Math.ceil(5000 / RECIPES.length),
        });
        const onRequest = requestHandler(code.request, secretAt);
        const results = await Promise.all(events.map((event) => onRequest(event)));
        expect(inNjs(folder, code.request, events), `seed ${seed + at}`).toEqual(results);
        const onResponse = responseHandler(code.response);
        const answers = results.flatMap((result) => {
          if (!("uri" in result)) return [];
          const etag = result.querystring["v"]?.value ?? "0";
          const headers = {
            "x-amz-meta-imagefleet-source-etag": { value: `"${etag}"` },
            vary: { value: "Origin" },
          };
          const context = { eventType: "viewer-response" } as const;
          const viewer = { ip: "198.51.100.11" };
          const response = { statusCode: 200, headers };
          return [{ version: "1.0", context, viewer, request: result, response } as const];
        });
        expect(answers.length).toBeGreaterThan(50);
        expect(inNjs(folder, code.response, answers), `seed ${seed + at}`).toEqual(
          await Promise.all(answers.map((event) => onResponse(event))),
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  180_000,
);

/** The module that njs does not have. */
const KVS = `const cf = { kvs: () => ({ get: (key) => {
  const value = ${JSON.stringify(SECRETS)}[key];
  return value === undefined ? Promise.reject(new Error("KeyNotFound")) : Promise.resolve(value);
} }) };`;

/** njs frees no memory before it ends: a thousand requests in one process take gigabytes. */
const PER_PROCESS = 50;

function inNjs(folder: string, code: string, events: readonly object[]): unknown[] {
  if (events.length > PER_PROCESS) {
    const [first, rest] = [events.slice(0, PER_PROCESS), events.slice(PER_PROCESS)];
    return [...inNjs(folder, code, first), ...inNjs(folder, code, rest)];
  }
  const [from, to, program] = ["events.json", "results.json", "program.js"].map((name) =>
    join(folder, name),
  );
  if (from === undefined || to === undefined || program === undefined) throw new Error("no files");
  writeFileSync(from, JSON.stringify(events));
  writeFileSync(
    program,
    `${code.replace('import cf from "cloudfront";', KVS)}
const fs = require("fs");
const events = JSON.parse(fs.readFileSync(${JSON.stringify(from)}, "utf8"));
async function all() {
  const results = [];
  for (let at = 0; at < events.length; at++) {
    const result = await handler(events[at]);
    results.push(result);
  }
  fs.writeFileSync(${JSON.stringify(to)}, JSON.stringify(results));
}
all();
`,
  );
  const { status, stdout, stderr } = spawnSync("njs", [program], { encoding: "utf8" });
  if (status !== 0 || stdout !== "") throw new Error(`njs: ${status}: ${stdout}${stderr}`);
  return JSON.parse(readFileSync(to, "utf8"));
}
