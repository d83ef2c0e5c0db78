import type { Fleet } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import { whyUnreadable } from "../../files/fs-error.ts";
import type { SourceFile } from "../../files/input/collect.ts";
import type { Unreadable } from "../../files/input/walk.ts";
import type { JobTracker } from "./job-tracker.ts";

/** Uploads at once: enough to keep the fleet busy, few enough to leave it the CPU. */
const AT_ONCE = 4;

export interface NotUploaded {
  /** Those that could not be read or stored. */
  readonly failed: readonly Unreadable[];
  /** Those whose turn had not come when the signal did. */
  readonly left: readonly SourceFile[];
}

/** Puts files into the source bucket; gives those that did not get there. */
export async function uploadAll(
  files: readonly SourceFile[],
  fleet: Pick<Fleet, "upload">,
  jobTracker: JobTracker,
  signal: AbortSignal,
): Promise<NotUploaded> {
  const failed: Unreadable[] = [];
  const left: SourceFile[] = [];
  const limit = pLimit(AT_ONCE);
  await Promise.all(
    files.map((source) =>
      limit(async () => {
        if (signal.aborted) {
          left.push(source);
          return;
        }
        // Its reports may come before the upload's own answer.
        jobTracker.expect(source);
        try {
          await fleet.upload(source.key, source.file);
        } catch (error) {
          jobTracker.drop(source.key);
          failed.push({ file: source.file, why: whyUnreadable(error) });
        }
      }),
    ),
  );
  return { failed, left };
}
