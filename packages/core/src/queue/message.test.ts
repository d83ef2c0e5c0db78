import { expect, it } from "vitest";
import { asReceived } from "./message.ts";

const HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

it("reads the trace header of a message, if there is one", () => {
  const message = { MessageId: "m", ReceiptHandle: "r", Body: "{}" };
  const Attributes = { AWSTraceHeader: HEADER, SentTimestamp: "5", ApproximateReceiveCount: "3" };
  expect(asReceived({ ...message, Attributes })).toMatchObject({
    sentAt: 5,
    receiveCount: 3,
    traceHeader: HEADER,
  });
  expect(asReceived(message)?.traceHeader).toBeUndefined();
  expect(asReceived({ MessageId: "m" })).toBeUndefined();
});
