import { expect, it } from "vitest";
import { readEvent } from "./event.ts";

const HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

const record = {
  messageId: "m",
  receiptHandle: "r",
  body: "{}",
  attributes: {
    ApproximateReceiveCount: "2",
    SentTimestamp: "1763700000000",
    ApproximateFirstReceiveTimestamp: "1763700000100",
    SenderId: "s3",
  },
  messageAttributes: { redriveCount: { stringValue: "1", dataType: "String" } },
};

it("reads a record as a received message", () => {
  expect(readEvent({ Records: [record] }).messages).toEqual([
    {
      id: "m",
      receiptHandle: "r",
      body: "{}",
      attributes: { redriveCount: "1" },
      receiveCount: 2,
      sentAt: 1_763_700_000_000,
      firstReceivedAt: 1_763_700_000_100,
      traceHeader: undefined,
    },
  ]);
});

it("reads the trace header of a record", () => {
  const traced = { ...record, attributes: { ...record.attributes, AWSTraceHeader: HEADER } };
  expect(readEvent({ Records: [traced] }).messages).toMatchObject([{ traceHeader: HEADER }]);
});

it("reads the other records when one cannot be read", () => {
  const odd = { ...record, messageId: "odd", attributes: { ApproximateReceiveCount: "many" } };
  const binary = { binaryValue: "AA==", dataType: "Binary", stringValue: null };
  const other = { ...record, messageId: "o", messageAttributes: { Odd: binary } };
  expect(readEvent({ Records: [record, odd, other] })).toMatchObject({
    messages: [{ id: "m" }, { id: "o", attributes: {} }],
    unreadable: ["odd"],
  });
  expect(() => readEvent({ Records: [{}] })).toThrow("messageId");
});
