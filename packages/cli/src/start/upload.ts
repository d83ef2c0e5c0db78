import type { Fleet } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import type { SourceFile } from "../input/collect.ts";
import { type Unreadable, whyUnreadable } from "../input/walk.ts";
import type { Ledger } from "./ledger.ts";

/** Uploads at once: enough to keep the fleet busy, few enough to leave it the CPU. */
const AT_ONCE = 4;

/** Puts files into the source bucket, those that can be read; gives those that cannot. */
export async function uploadAll(
  files: readonly SourceFile[],
  fleet: Pick<Fleet, "upload">,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<Unreadable[]> {
  const failed: Unreadable[] = [];
  const limit = pLimit(AT_ONCE);
  await Promise.all(
    files.map((source) =>
      limit(async () => {
        if (signal.aborted) return;
        // Its reports may come before the upload's own answer.
        ledger.expect(source);
        try {
          await fleet.upload(source.key, source.file);
        } catch (error) {
          ledger.drop(source.key);
          failed.push({ file: source.file, why: whyUnreadable(error) });
        }
      }),
    ),
  );
  return failed;
}
