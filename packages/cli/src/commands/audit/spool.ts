import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { linesOf } from "../../files/lines.ts";
import type { Finding } from "./finding.ts";

/** Findings on disk: those of a bucket may not fit into memory. */
export interface Spool extends AsyncDisposable {
  write(finding: Finding): Promise<void>;
  /** The written findings, as lines of JSON. */
  read(): AsyncGenerator<string>;
}

/** Characters that are buffered before a write. */
const CHUNK = 65_536;

export async function openSpool(): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-audit-"));
  const file = await open(join(folder, "findings.ndjson"), "a+");
  const inTurn = pLimit(1);
  let text = "";
  const flush = () => {
    const some = text;
    text = "";
    return inTurn(() => file.appendFile(some));
  };
  return {
    async write(finding) {
      text += `${JSON.stringify(finding)}\n`;
      if (text.length >= CHUNK) await flush();
    },
    async *read() {
      await flush();
      const stored = file.createReadStream({ start: 0, autoClose: false });
      for await (const lines of linesOf(stored)) yield* lines;
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
