import type { S3Client } from "@aws-sdk/client-s3";
import type { Sandbox } from "@imagefleet/local/sandbox";
import { describe, expect, it } from "vitest";
import { createS3 } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { RenditionStore } from "../store/index.ts";
import type { Semaphore } from "./context.ts";
import { reconcile } from "./reconcile.ts";
import {
  context,
  inSandbox,
  job,
  key,
  MIB,
  manifest,
  never,
  picture,
  remove,
  sandbox,
  stored,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

/** A client that writes the first manifest twice, as the SDK does after a lost answer. */
function createS3ThatRepeats({ endpoint, region, credentials }: Sandbox): S3Client {
  const client = createS3({ endpoint, region, credentials });
  client.middlewareStack.add(
    (next) => async (args) => {
      const { input } = args;
      const writes = "Key" in input && "Body" in input && input.Key?.startsWith("manifests/");
      if (writes) await next(args);
      return next(args);
    },
    { step: "initialize" },
  );
  return client;
}

describe("reconcile", () => {
  it("reconciles again when the source changes meanwhile", async () => {
    await upload(await picture(60, 60));
    let rounds = 0;
    const renderSemaphore: Semaphore = async (work) => {
      rounds += 1;
      if (rounds === 1) await upload(await picture(30, 60));
      return work();
    };
    expect(await reconcile(job(), context({ renderSemaphore }), never)).toMatchObject({
      kind: "rendered",
    });
    expect(rounds).toBe(2);
    expect(await manifest()).toMatchObject({ source: { width: 30, height: 60 } });
  });

  it("removes the renditions when the source is deleted meanwhile", async () => {
    await upload(await picture(60, 60));
    const renderSemaphore: Semaphore = async (work) => {
      await remove();
      return work();
    };
    expect(await reconcile(job(), context({ renderSemaphore }), never)).toMatchObject({
      kind: "removed",
    });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
  });

  it("fails on a source that changes faster than it can be rendered", async () => {
    let version = 10;
    await upload(await picture(version, 60));
    const renderSemaphore: Semaphore = async (work) => {
      await upload(await picture(++version, 60));
      return work();
    };
    const outcome = await reconcile(job(), context({ renderSemaphore }), never);
    expect(outcome).toMatchObject({ kind: "failed", reason: "SourceChanging" });
  });

  it("reconciles again when another attempt commits meanwhile, and forwards the job as one that may have run", async () => {
    await upload(await picture(60, 60));
    let rounds = 0;
    const renderSemaphore: Semaphore = async (work) => {
      rounds += 1;
      const made = await work();
      if (rounds === 1) await reconcile(job(), context(), never);
      return made;
    };
    const outcome = await reconcile(job(), context({ renderSemaphore }), never);
    expect(outcome).toMatchObject({ kind: "rendered" });
    expect(rounds).toBe(2);

    let memoryBytes = 512 * MIB;
    rounds = 0;
    const busy: Semaphore = async (work) => {
      rounds += 1;
      const made = await work();
      await upload(await picture(60, 60 + rounds));
      memoryBytes = 1;
      return made;
    };
    const shrinking = {
      ...context({ renderSemaphore: busy }),
      get memoryBytes() {
        return memoryBytes;
      },
    };
    expect(await reconcile(job({ force: true }), shrinking, never)).toMatchObject({
      kind: "forwarded",
      mayHaveRun: true,
    });
  });

  it("recognizes its own manifest when the answer to its write was lost", async () => {
    await upload(await picture(60, 60));
    const lost: S3Client = createS3ThatRepeats(sandbox);
    const renditions = new RenditionStore(lost, sandbox.resources.renditionBucket);
    let rounds = 0;
    const renderSemaphore: Semaphore = (work) => {
      rounds += 1;
      return work();
    };
    const outcome = await reconcile(job(), context({ renditions, renderSemaphore }), never);
    lost.destroy();
    expect(outcome).toMatchObject({ kind: "rendered" });
    expect(rounds).toBe(1);
  });

  it("writes nothing for a job that ran out of time", async () => {
    await upload(await picture(60, 60));
    const lease = new AbortController();
    const renderSemaphore: Semaphore = async (work) => {
      const made = work();
      lease.abort(new Failure("TimedOut", "the lease has ended"));
      return made;
    };
    const outcome = await reconcile(job(), context({ renderSemaphore }), lease.signal);
    expect(outcome).toMatchObject({ kind: "failed", reason: "TimedOut" });
    expect(await stored()).toEqual(new Map());
  });
});
