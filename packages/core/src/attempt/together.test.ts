import { describe, expect, it } from "vitest";
import { parseMessage } from "../intake/index.ts";
import { DEAD_LETTER_ATTRIBUTES } from "../queue/index.ts";
import { SourceStore } from "../store/index.ts";
import type { AttemptContext } from "./attempt.ts";
import {
  attempt,
  attemptTogether,
  context,
  deadLetters,
  failing,
  forwarded,
  inSandbox,
  jobBody,
  key,
  MIB,
  message,
  never,
  picture,
  sandbox,
  setKey,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

describe("attemptTogether", () => {
  /** A context that counts how often a source is opened. */
  function counting(more: Partial<AttemptContext> = {}) {
    const opened: { key: string; unlessUnchanged: boolean }[] = [];
    class Counted extends SourceStore {
      override open(...args: Parameters<SourceStore["open"]>): ReturnType<SourceStore["open"]> {
        opened.push({ key: args[1], unlessUnchanged: args[2].ifNoneMatch !== undefined });
        return super.open(...args);
      }
    }
    const sound = context(more);
    const sources = new Counted(sandbox.s3);
    return { opened, context: { ...sound, reconcile: { ...sound.reconcile, sources } } };
  }

  function recordsBody(keys: readonly string[]): string {
    const bucket = { name: sandbox.resources.sourceBucket };
    const record = (one: string) => ({
      eventSource: "aws:s3",
      eventName: "ObjectCreated:Put",
      s3: { bucket, object: { key: one } },
    });
    return JSON.stringify({ Records: keys.map(record) });
  }

  it("opens a source once for all messages that ask for it, also for messages of several jobs", async () => {
    await upload(await picture());
    const first = key;
    setKey("pictures/other.jpg");
    await upload(await picture());
    const { opened, context: counted } = counting();
    const asking = [message(jobBody()), message(recordsBody([first, key, first]), { id: "m-2" })];
    const settlements = await attemptTogether(asking, counted, never);
    expect(settlements).toEqual([{ kind: "acknowledge" }, { kind: "acknowledge" }]);
    expect(opened.map((one) => one.key).sort()).toEqual([first, key].sort());
  });

  it("takes no shortcut when one of the messages may have run", async () => {
    await upload(await picture());
    await attempt(message(jobBody()), context(), never);
    const { opened, context: counted } = counting();
    await attemptTogether([message(jobBody())], counted, never);
    const twice = message(jobBody(), { id: "m-2", receiveCount: 2 });
    await attemptTogether([message(jobBody()), twice], counted, never);
    expect(opened.map(({ unlessUnchanged }) => unlessUnchanged)).toEqual([true, false]);
  });

  it("settles each message of a failed job by its own receives: a dead letter at the last, a retry before", async () => {
    await upload(await picture());
    const last = message(jobBody(), { id: "m-2", receiveCount: 5, firstReceivedAt: 1_000 });
    const settlements = await attemptTogether([message(jobBody()), last], failing(), never);
    expect(settlements).toMatchObject([{ kind: "retry", seconds: 2 }, { kind: "acknowledge" }]);
    expect(await deadLetters()).toMatchObject([
      {
        attributes: {
          [DEAD_LETTER_ATTRIBUTES.reason]: "StoreUnavailable",
          [DEAD_LETTER_ATTRIBUTES.receiveCount]: "5",
          [DEAD_LETTER_ATTRIBUTES.firstAttemptAt]: "1970-01-01T00:00:01.000Z",
        },
      },
    ]);
  });

  it("writes a dead letter for each message, and forwards the job once", async () => {
    await upload(Buffer.from("no picture"));
    const asking = () => [message(jobBody()), message(jobBody(), { id: "m-2", receiveCount: 3 })];
    await attemptTogether(asking(), context(), never);
    const counts = (await deadLetters()).map(
      ({ attributes }) => attributes[DEAD_LETTER_ATTRIBUTES.receiveCount],
    );
    expect(counts.sort()).toEqual(["1", "3"]);
    const sized = asking().map((one) => ({ ...one, body: jobBody({ bytes: 30 * MIB }) }));
    expect(await attemptTogether(sized, context(), never)).toHaveLength(2);
    expect((await forwarded()).map(({ body }) => parseMessage(body))).toMatchObject([
      { jobs: [{ key, mayHaveRun: true, bytes: 30 * MIB }] },
    ]);
    // One message has no size, so the source is opened to find whether it is still that large.
    const [one, other] = sized;
    if (one === undefined || other === undefined) throw new Error("two were made");
    await attemptTogether([one, { ...other, body: jobBody() }], context(), never);
    expect(await forwarded()).toEqual([]);
    await deadLetters();
  });

  it("settles the other messages when an attempt at one throws", async () => {
    await upload(await picture());
    const other = message(jobBody(), { id: "m-2" });
    setKey("pictures/breaks.jpg");
    await upload(await picture());
    const one = message(jobBody());
    let mayHaveRun = 0;
    const traces = {
      begin() {
        mayHaveRun += 1;
        if (mayHaveRun === 1) throw new Error("no trace");
        return { header: "", end: () => undefined };
      },
      flush: () => Promise.resolve(),
    };
    const settlements = await attemptTogether([one, other], context({ traces }), never);
    expect(settlements.map(({ kind }) => kind)).toEqual(["retry", "acknowledge"]);
  });
});
