import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Side } from "../measure/interleaved.ts";

const SCRIPT = fileURLToPath(new URL("pillow.py", import.meta.url));

/** The system's Python comes first: it has the package of the distribution. */
const PYTHONS = ["/usr/bin/python3", "python3"];

/** Pillow in a warm process of its own. */
export interface Pillow {
  readonly version: string;
  side(path: string): Side;
  close(): void;
}

/** @returns undefined when no Python has Pillow */
export async function startPillow(): Promise<Pillow | undefined> {
  for (const python of PYTHONS) {
    const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "ignore"] });
    const answers = linesOf(child);
    const version = await answers();
    if (version === undefined) continue;
    let cpu = 0;
    return {
      version,
      side: (path) => ({
        once: async () => {
          child.stdin.write(`${path}\n`);
          const answer = await answers();
          if (answer === undefined) throw new Error("the process of Pillow exited");
          cpu = Number(answer);
        },
        cpu: () => cpu,
      }),
      close: () => child.stdin.end(),
    };
  }
  return undefined;
}

/** Reads the lines of a process one by one; undefined at the end, or when it did not start. */
function linesOf(child: ChildProcess): () => Promise<string | undefined> {
  if (child.stdout === null) throw new TypeError("the process has no stdout");
  const started = new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    if (!(await started)) return undefined;
    const { done, value } = await lines.next();
    return done ? undefined : value;
  };
}
