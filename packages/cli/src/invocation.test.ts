import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { invocationOf, shellWord } from "./invocation.ts";

const project = "/home/ada/imagefleet/";
const main = "/home/ada/imagefleet/packages/cli/src/main.ts";
const npm = { npm_lifecycle_event: "imagefleet", npm_config_user_agent: "npm/11.4.2 node/v24" };

test.each([
  ["npm in the clone", npm, "/home/ada/imagefleet/docs", "npm run imagefleet --"],
  ["npm start", { ...npm, npm_lifecycle_event: "start" }, project, "npm run imagefleet --"],
  [
    "npm from another folder",
    npm,
    "/home/ada/imagefleet-2",
    "npm --prefix /home/ada/imagefleet run imagefleet --",
  ],
  ["pnpm", { ...npm, npm_config_user_agent: "pnpm/12.21.0" }, project, "pnpm run imagefleet"],
  [
    "the entry script",
    { IMAGEFLEET_ENTRY: "imagefleet" },
    project,
    "node scripts/run.mjs imagefleet",
  ],
  [
    "the entry script, from a folder of the project",
    { IMAGEFLEET_ENTRY: "start" },
    "/home/ada/imagefleet/docs",
    "node ../scripts/run.mjs imagefleet",
  ],
  [
    "npm with the entry script",
    { ...npm, IMAGEFLEET_ENTRY: "imagefleet" },
    project,
    "npm run imagefleet --",
  ],
  [
    "the entry script for tests",
    { IMAGEFLEET_ENTRY: "test" },
    project,
    "node packages/cli/src/main.ts",
  ],
  ["another npm script", { npm_lifecycle_event: "test" }, project, "node packages/cli/src/main.ts"],
])("printed commands use the same invocation: %s", (_what, environment, cwd, invocation) => {
  expect(invocationOf(environment, { main, cwd, project })).toBe(invocation);
});

test("an installed program is called by its name", () => {
  const linked = "/usr/local/bin/imagefleet";
  expect(invocationOf({}, { main: linked, cwd: "/", project })).toBe("imagefleet");
});

test("a quoted word is one word to a shell, for any content", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((each) => !each.includes("\0"));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellWord).join(" ")}`;
      expect(execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0")).toEqual([
        ...words,
        "",
      ]);
    }),
    { numRuns: 50 },
  );
});
