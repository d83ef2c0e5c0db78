import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ImageInput } from "./index.ts";

/** The kinds of input. */
export const LANES = ["bytes", "file"] as const;

/** A source as this kind of input. A file is read-only and is deleted when the test ends. */
export async function inputOf(lane: (typeof LANES)[number], bytes: Buffer): Promise<ImageInput> {
  if (lane === "bytes") return { kind: "bytes", bytes };
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-source-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "source");
  await writeFile(path, bytes, { mode: 0o400 });
  return { kind: "file", path };
}
