import { expect, test } from "vitest";
import { namesOf } from "./names.ts";

const LINKED = {
  SST_RESOURCE_Small: '{"url":"https://sqs/1/linked","type":"sst.aws.Queue"}',
  SST_RESOURCE_Source: '{"name":"linked-sources","type":"sst.aws.Bucket"}',
};

test("a flag counts before a variable, a variable before a link of SST", () => {
  expect(namesOf({}, LINKED)).toEqual({
    smallQueue: { value: "https://sqs/1/linked", by: "SST_RESOURCE_Small" },
    sourceBucket: { value: "linked-sources", by: "SST_RESOURCE_Source" },
  });
  const both = { ...LINKED, IMAGEFLEET_SMALL_QUEUE_URL: "by-variable" };
  expect(namesOf({}, both).smallQueue).toEqual({
    value: "by-variable",
    by: "IMAGEFLEET_SMALL_QUEUE_URL",
  });
  expect(namesOf({ smallQueue: "by-flag" }, both).smallQueue).toEqual({
    value: "by-flag",
    by: "--small-queue",
  });
});

test("a link that is none is wrong use, by name", () => {
  expect(() => namesOf({}, { SST_RESOURCE_Small: "{}" })).toThrow(
    /SST_RESOURCE_Small is "\{\}": SST writes \{"url"/,
  );
});
