import type { Fleet } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import { whyUnreadable } from "../../files/fs-error.ts";
import type { SourceFile } from "../../files/input/collect.ts";
import type { Unreadable } from "../../files/input/walk.ts";
import type { JobTracker } from "./job-tracker.ts";

/** Concurrent uploads: enough to keep the fleet busy, few enough to leave it the CPU. */
const AT_ONCE = 4;

export interface NotUploaded {
  /** Files that could not be read or stored. */
  readonly failed: readonly Unreadable[];
  /** Files whose upload had not started at the signal. */
  readonly left: readonly SourceFile[];
}

/** Uploads files into the source bucket. @returns the files that were not uploaded */
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
        // Its reports may arrive before the response of the upload.
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
