import { expect, test } from "vitest";
import { jobText } from "./keep-running.ts";

test("a log line shortens a key that is longer than the line of a terminal", () => {
  const key = `${"deep/".repeat(60)}a.jpg`;
  const base = { msg: "job", bucket: "b", lane: "small", outcome: "rendered" } as const;
  const report = { ...base, key, receiveCount: 1, ms: 5, bytesIn: 10, bytesOut: 4 };
  const text = jobText(report, { width: 80, paint: (_style, plain) => plain });
  expect(text).toMatch(/^rendered {2}deep.*….*a\.jpg {2}4 B of renditions, small lane, 5 ms$/);
  expect(text.length).toBeLessThanOrEqual(90);
});
