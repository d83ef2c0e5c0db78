import { rm } from "node:fs/promises";
import { type OutcomeKind, Rejection } from "@imagefleet/core/outcome";
import type { Fleet } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import { localPath } from "../../files/output/local-path.ts";
import { writeWhole } from "../../files/output/staged-file.ts";
import { hasRenditions } from "./results.ts";

/** Files that are read and written concurrently. */
const AT_ONCE = 8;

/** Copies renditions and manifests into a folder, with their keys as paths. */
export class CopyOut {
  readonly dir: string;
  readonly #fleet: Pick<Fleet, "renditions" | "read" | "manifestKey">;
  readonly #copied = new Map<string, readonly string[]>();
  readonly #limit = pLimit(AT_ONCE);

  constructor(dir: string, fleet: Pick<Fleet, "renditions" | "read" | "manifestKey">) {
    this.dir = dir;
    this.#fleet = fleet;
  }

  /** Updates the files of a source after a job, and removes those that are gone. */
  async copy(sourceKey: string, outcome: OutcomeKind): Promise<void> {
    const keys = await this.#keysOf(sourceKey, outcome);
    const copied = await Promise.all(keys.map((key) => this.#limit(() => this.#copyOne(key))));
    const there = keys.filter((_key, index) => copied[index]);
    const gone = (this.#copied.get(sourceKey) ?? []).filter((key) => !there.includes(key));
    await Promise.all(gone.map((key) => rm(localPath(this.dir, key), { force: true })));
    this.#copied.set(sourceKey, there);
  }

  /** @returns false when there is no such object */
  async #copyOne(key: string): Promise<boolean> {
    try {
      await writeWhole(localPath(this.dir, key), await this.#fleet.read(key));
      return true;
    } catch (error) {
      // A rejected source has a manifest with the reason, unless S3 cannot store its key.
      if (error instanceof Error && error.name === "NoSuchKey") return false;
      throw error;
    }
  }

  async #keysOf(sourceKey: string, outcome: OutcomeKind): Promise<string[]> {
    if (!hasRenditions(outcome) && outcome !== "rejected") return [];
    const renditions = hasRenditions(outcome) ? await this.#fleet.renditions(sourceKey) : [];
    return [...renditions.map(({ key }) => key), ...this.#manifestOf(sourceKey)];
  }

  #manifestOf(sourceKey: string): string[] {
    try {
      return [this.#fleet.manifestKey(sourceKey)];
    } catch (error) {
      // The key of the manifest would be too long for S3: the source was rejected for that.
      if (error instanceof Rejection) return [];
      throw error;
    }
  }
}
