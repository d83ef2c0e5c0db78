import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterAll, expect } from "vitest";
import { promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const setup = await openSetup();
const events = new EventBridgeClient(setup.client);
afterAll(() => events.destroy());

const entry = (Detail: string) => ({
  Source: "imagefleet",
  DetailType: "image.ready",
  Detail,
  EventBusName: "default",
});

promise("PutEvents gives an accepted event an id", async () => {
  const Entries = [entry(JSON.stringify({ version: 1 }))];
  const answer = await events.send(new PutEventsCommand({ Entries }));
  expect(answer).toMatchObject({
    FailedEntryCount: 0,
    Entries: [{ EventId: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
  });
});

promise("PutEvents succeeds with the error of each entry that it refuses", async () => {
  const Entries = [entry("not JSON"), entry("{}")];
  const answer = await events.send(new PutEventsCommand({ Entries }));
  expect(answer).toMatchObject({
    FailedEntryCount: 1,
    Entries: [{ ErrorCode: "MalformedDetail" }, { EventId: expect.any(String) }],
  });
});
