import { expect, it } from "vitest";
import { fuzzAddresses } from "./run.ts";

it("answers every address without a redirect, and stores nothing that the recipe does not make", {
  timeout: 300_000,
}, async () => {
  const seed = 20_261_127;
  const report = await fuzzAddresses(seed, 500);
  expect(report, `seed ${seed}`).toMatchObject({ findings: [], callsForVersions: 0 });
  const { statuses, renditions, most, stored, overwrites } = report;
  expect(renditions).toBeLessThanOrEqual(most);
  // Each rendition once, and those of the source that changes once for each content.
  expect(stored).toBeLessThanOrEqual(renditions + 5 * overwrites);
  // Neither refused all nor let all through.
  for (const status of [200, 206, 304, 403, 404, 416, 503]) {
    expect(statuses[status], `${status}`).toBeGreaterThan(0);
  }
  expect(renditions).toBeGreaterThan(most / 2);
});
