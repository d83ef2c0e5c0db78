import { expect, test } from "vitest";
import { readEnv } from "./env.ts";

test("paths are relative to where the person stands, also through npm", () => {
  expect(readEnv({ INIT_CWD: "/photos", npm_lifecycle_event: "start" }).cwd).toBe("/photos");
  expect(readEnv({ INIT_CWD: "/photos", npm_lifecycle_event: "test" }).cwd).toBe(process.cwd());
  expect(readEnv({}).cwd).toBe(process.cwd());
});

test("stacks are for who asks, cursor movements for terminals that know them", () => {
  expect(readEnv({ IMAGEFLEET_DEBUG: "1", TERM: "xterm" })).toMatchObject({
    debug: true,
    cursor: true,
  });
  expect(readEnv({ TERM: "dumb" })).toMatchObject({ debug: false, cursor: false });
});
