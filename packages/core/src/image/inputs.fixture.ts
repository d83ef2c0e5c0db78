import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ImageInput } from "./index.ts";

/** The kinds of input. */
export const INPUT_KINDS = ["bytes", "file"] as const;

/** A source as this kind of input. A file is read-only and is deleted when the test ends. */
export async function inputOf(
  kind: (typeof INPUT_KINDS)[number],
  bytes: Buffer,
): Promise<ImageInput> {
  if (kind === "bytes") return { kind: "bytes", bytes };
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-source-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "source");
  await writeFile(path, bytes, { mode: 0o400 });
  return { kind: "file", path };
}
