import { expect, test } from "vitest";
import { readEnv } from "./env.ts";

test("paths are relative to the working directory of the user, also under npm", () => {
  expect(readEnv({ INIT_CWD: "/photos", npm_lifecycle_event: "start" }).cwd).toBe("/photos");
  expect(readEnv({ INIT_CWD: "/photos", npm_lifecycle_event: "test" }).cwd).toBe(process.cwd());
  expect(readEnv({}).cwd).toBe(process.cwd());
});

test("stacks are printed with IMAGEFLEET_DEBUG, and a dumb terminal gets no cursor movements", () => {
  expect(readEnv({ IMAGEFLEET_DEBUG: "1", TERM: "xterm" })).toMatchObject({
    debug: true,
    cursor: true,
  });
  expect(readEnv({ TERM: "dumb" })).toMatchObject({ debug: false, cursor: false });
});
