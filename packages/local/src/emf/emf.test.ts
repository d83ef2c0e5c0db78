import { expect, it } from "vitest";
import { samplesOf, sums } from "./index.ts";

const DOCUMENT = {
  lane: "small",
  outcome: "rendered",
  jobs: 1,
  ms: [3, 4],
  _aws: {
    Timestamp: 1_763_700_000_000,
    CloudWatchMetrics: [
      {
        Namespace: "fleet/test",
        Dimensions: [["lane", "outcome"], ["lane"]],
        Metrics: [{ Name: "jobs", Unit: "Count" }, { Name: "ms" }],
      },
    ],
  },
};

function line(change: object = {}): string {
  return JSON.stringify({ ...DOCUMENT, ...change });
}

function directive(change: object) {
  const [one] = DOCUMENT._aws.CloudWatchMetrics;
  return line({ _aws: { ...DOCUMENT._aws, CloudWatchMetrics: [{ ...one, ...change }] } });
}

it("reads a metric once per dimension set", () => {
  expect(sums(samplesOf(line()))).toEqual({
    "jobs lane=small outcome=rendered": 1,
    "ms lane=small outcome=rendered": 7,
    "jobs lane=small": 1,
    "ms lane=small": 7,
  });
  expect(samplesOf(line())[0]).toMatchObject({ namespace: "fleet/test", unit: "Count" });
});

it("reads nothing from a line without embedded metrics", () => {
  expect(["", "not json", "[]", '{"jobs":1}'].flatMap(samplesOf)).toEqual([]);
});

it.each([
  ["a dimension that the line lacks", line({ lane: undefined })],
  ["a dimension that is not text", line({ lane: 1 })],
  ["a dimension that is empty", line({ lane: " " })],
  ["a metric that the line lacks", line({ jobs: undefined })],
  ["a metric that is text", line({ jobs: "1" })],
  ["a metric that is null", line({ jobs: null })],
  ["more values than a metric may have", line({ ms: Array(101).fill(1) })],
  ["an unknown unit", directive({ Metrics: [{ Name: "jobs", Unit: "ms" }] })],
  ["no dimension set", directive({ Dimensions: [] })],
  ["no namespace", directive({ Namespace: "" })],
  ["no time", line({ _aws: { CloudWatchMetrics: [] } })],
])("rejects what CloudWatch would drop: %s", (_what, text) => {
  expect(() => samplesOf(text)).toThrow();
});
