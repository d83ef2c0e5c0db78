import { expect, test } from "vitest";
import { isDebugging, readEnv } from "./env.ts";

test("paths are relative to the working directory of the user, also under npm", () => {
  expect(readEnv({ INIT_CWD: "/photos", npm_lifecycle_event: "start" }).cwd).toBe("/photos");
  expect(readEnv({ INIT_CWD: "/photos", npm_lifecycle_event: "test" }).cwd).toBe(process.cwd());
  expect(readEnv({}).cwd).toBe(process.cwd());
});

test("stacks are printed with IMAGEFLEET_DEBUG, and a dumb terminal gets no cursor movements", () => {
  expect(isDebugging({ IMAGEFLEET_DEBUG: "1" })).toBe(true);
  expect(isDebugging({})).toBe(false);
  expect(readEnv({ TERM: "xterm" }).cursor).toBe(true);
  expect(readEnv({ TERM: "dumb" }).cursor).toBe(false);
});

test("IMAGEFLEET_PROGRESS_MS is how often a line of progress is written", () => {
  expect(readEnv({}).progressMs).toBe(5_000);
  for (const ms of [100, 500, 600_000]) {
    expect(readEnv({ IMAGEFLEET_PROGRESS_MS: String(ms) }).progressMs).toBe(ms);
  }
});

test.each(["", "99", "600001", "1e3", "500.5", " 500", "-500", "0x1f4", "fast"])(
  "IMAGEFLEET_PROGRESS_MS=%j is a usage error",
  (text) => {
    expect(() => readEnv({ IMAGEFLEET_PROGRESS_MS: text })).toThrow(
      `IMAGEFLEET_PROGRESS_MS is ${JSON.stringify(text)}. Use a whole number of milliseconds, 100 to 600000`,
    );
  },
);
