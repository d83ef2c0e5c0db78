import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ImageInput } from "./index.ts";

/** The ways in which a source comes. */
export const LANES = ["bytes", "file"] as const;

/** A source that comes in that way; a file is not to be written to, and gone when the test has ended. */
export async function inputOf(lane: (typeof LANES)[number], bytes: Buffer): Promise<ImageInput> {
  if (lane === "bytes") return { kind: "bytes", bytes };
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-source-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "source");
  await writeFile(path, bytes, { mode: 0o400 });
  return { kind: "file", path };
}
