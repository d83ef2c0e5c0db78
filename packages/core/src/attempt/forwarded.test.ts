import { describe, expect, it } from "vitest";
import { parseMessage } from "../intake/index.ts";
import { DEAD_LETTER_ATTRIBUTES } from "../queue/index.ts";
import {
  attempt,
  context,
  forwarded,
  inSandbox,
  jobBody,
  key,
  MIB,
  message,
  never,
  sandbox,
} from "./sandbox.fixture.ts";

inSandbox();

describe("attempt", () => {
  it("forwards a source of more than 20 MiB by the size in its event", async () => {
    const exact = message(jobBody({ bytes: 20 * MIB }));
    await attempt(exact, context(), never);
    expect(await forwarded()).toEqual([]);

    const over = message(jobBody({ bytes: 20 * MIB + 1 }));
    expect(await attempt(over, context(), never)).toEqual({ kind: "acknowledge" });
    const [sent] = await forwarded();
    expect(parseMessage(sent?.body ?? "")).toEqual({
      kind: "jobs",
      jobs: [
        {
          bucket: sandbox.resources.sourceBucket,
          key,
          bytes: 20 * MIB + 1,
          at: 1_700_000_000_000,
          mayHaveRun: false,
          force: false,
        },
      ],
    });
  });

  it.each([
    ["received before", { receiveCount: 2 }],
    ["redriven by the CLI", { attributes: { [DEAD_LETTER_ATTRIBUTES.redriveCount]: "1" } }],
    [
      "redriven by the AWS console",
      { attributes: { [DEAD_LETTER_ATTRIBUTES.reason]: "Internal" } },
    ],
    ["crashed, and redriven by the AWS console", { sentAt: Date.now() + 60_000 }],
  ])("forwards a job as one that may have run: %s", async (_how, more) => {
    await attempt(message(jobBody({ bytes: 21 * MIB }), more), context(), never);
    const [sent] = await forwarded();
    expect(parseMessage(sent?.body ?? "")).toMatchObject({ jobs: [{ key, mayHaveRun: true }] });
  });
});
