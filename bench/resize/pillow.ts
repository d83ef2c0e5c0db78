import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Side } from "../measure/interleaved.ts";

const SCRIPT = fileURLToPath(new URL("pillow.py", import.meta.url));

/** The system's own first: there the distribution's package is. */
const PYTHONS = ["/usr/bin/python3", "python3"];

/** Pillow, warm in a process of its own. */
export interface Pillow {
  readonly version: string;
  side(path: string): Side;
  close(): void;
}

/** Undefined where no Python has Pillow. */
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
          if (answer === undefined) throw new Error("Pillow ended");
          cpu = Number(answer);
        },
        cpu: () => cpu,
      }),
      close: () => child.stdin.end(),
    };
  }
  return undefined;
}

/** Gives a process's lines one by one; undefined when there are no more, or it never began. */
function linesOf(child: ChildProcess): () => Promise<string | undefined> {
  if (child.stdout === null) throw new TypeError("the process has no stdout");
  const began = new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    if (!(await began)) return undefined;
    const { done, value } = await lines.next();
    return done ? undefined : value;
  };
}
