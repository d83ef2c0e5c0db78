import { type Deployment, readDeployment } from "@imagefleet/simulation";
import { beforeAll, describe, expect, it } from "vitest";
import { graphsOf } from "../infra/variants.ts";
import caught from "./caught.json" with { type: "json" };
import { findingsOf } from "./expectations.ts";
import { historyOf, play } from "./history.ts";
import { EQUIVALENT, mutantsOf } from "./mutants.ts";

const graph = graphsOf("uploads and catalog");
let deployment: Deployment;
beforeAll(() => {
  deployment = readDeployment(graph("uploads and catalog").resources);
});

const SHORT = Array.from({ length: 80 }, (_, at) => at + 1).filter((seed) => seed % 50 !== 0);

describe("the deployed alarms and policies", () => {
  it.each(SHORT)("history %i shows no fault", (seed) => {
    const history = historyOf(seed);
    expect(findingsOf(history, play(history, deployment), deployment)).toEqual([]);
  });

  it("a history of two weeks with dead letters shows no fault", () => {
    const history = historyOf(100);
    expect(findingsOf(history, play(history, deployment), deployment)).toEqual([]);
  });
});

it("each mutant of an alarm or policy is found by a history, or is said to be none", () => {
  const names = mutantsOf(deployment).map(({ name }) => name);
  expect([...Object.keys(caught), ...Object.keys(EQUIVALENT)].sort()).toEqual(names.sort());
});

describe("a history finds", () => {
  const seeds = Object.entries(caught).filter(([, seed]) => seed % 50 !== 0);
  it.each(seeds)("%s", (name, seed) => {
    const mutant = mutantsOf(deployment).find((each) => each.name === name);
    const history = historyOf(seed);
    if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
    const minutes = play(history, mutant.deployment);
    expect(findingsOf(history, minutes, mutant.deployment)).not.toEqual([]);
  });
});

it("with FILL in the backlog's expression, a lane whose metrics come late never starts", () => {
  const filled: Deployment = {
    ...deployment,
    alarms: deployment.alarms.map((alarm) =>
      alarm.name === "LargeBacklog" || alarm.name === "LargeEmpty"
        ? { ...alarm, expression: "waiting + FILL(inFlight, 0)", periods: 1, breaching: 1 }
        : alarm,
    ),
  };
  const findings = SHORT.flatMap((seed) => {
    const history = historyOf(seed);
    return findingsOf(history, play(history, filled), filled);
  });
  expect(findings).toContainEqual(expect.objectContaining({ what: "no task starts" }));
});
