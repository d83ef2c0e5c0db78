import fc from "fast-check";
import { expect, it } from "vitest";
import { backlogSteps, type Step } from "./scaling.ts";

/** As App Auto Scaling reads it: the step that the backlog, less the alarm's threshold of 1, is in. */
function tasksFor(backlog: number, steps: readonly Step[]): number | undefined {
  const over = backlog - 1;
  return steps.find(
    ({ metricIntervalLowerBound: from, metricIntervalUpperBound: to }) =>
      over >= Number(from) && (to === undefined || over < Number(to)),
  )?.scalingAdjustment;
}

const sizes = { perTask: fc.integer({ min: 1, max: 50 }), tasks: fc.integer({ min: 1, max: 100 }) };

it("gives a backlog one task for each started share, and never too few", () => {
  fc.assert(
    fc.property(
      fc.record({ ...sizes, backlog: fc.integer({ min: 1, max: 10_000 }) }),
      ({ perTask, tasks, backlog }) => {
        const given = tasksFor(backlog, backlogSteps(perTask, tasks)) ?? 0;
        const needed = Math.min(tasks, Math.ceil(backlog / perTask));
        const stride = Math.ceil(tasks / 20);
        expect(given).toBeGreaterThanOrEqual(needed);
        expect(given).toBeLessThan(needed + stride);
        expect(given).toBeLessThanOrEqual(tasks);
      },
    ),
  );
});

it("fits into one policy, without a gap and with no end", () => {
  fc.assert(
    fc.property(fc.record(sizes), ({ perTask, tasks }) => {
      const steps = backlogSteps(perTask, tasks);
      expect(steps.length).toBeLessThanOrEqual(20);
      expect(steps[0]?.metricIntervalLowerBound).toBe("0");
      expect(steps.at(-1)).toMatchObject({ scalingAdjustment: tasks });
      expect(steps.map(({ metricIntervalUpperBound: to }) => to)).toEqual([
        ...steps.slice(1).map(({ metricIntervalLowerBound: from }) => from),
        undefined,
      ]);
    }),
  );
});
