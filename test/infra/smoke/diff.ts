import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { offline } from "../../../scripts/sst/platform.ts";
import { REGION } from "../answers.ts";
import type { Json, Resource } from "../resource.ts";
import { startAws } from "./aws.ts";

const TIMEOUT_MS = 180_000;

export interface Diff {
  /** What sst hands to pulumi by itself, such as the provider's tags. */
  readonly config: Readonly<Record<string, string>>;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, Json>>;
  readonly printed: string;
}

/**
 * The real `sst diff`, which bundles the functions and installs their packages, with our own
 * stand-ins for pulumi and for the few calls to AWS that sst makes: 5 to 10 s.
 *
 * @throws Error with what sst said
 */
export async function sstDiff(root: string, stage: string): Promise<Diff> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-diff-"));
  const aws = await startAws();
  const graphFile = join(folder, "graph.json");
  try {
    await putPulumi(join(folder, "sst", "bin"));
    const said = await promisify(execFile)(
      join(root, "node_modules", ".bin", "sst"),
      ["diff", "--stage", stage],
      {
        cwd: root,
        timeout: TIMEOUT_MS,
        env: {
          ...process.env,
          ...offline(root),
          XDG_CONFIG_HOME: folder,
          GRAPH_FILE: graphFile,
          SST_PASSPHRASE: Buffer.alloc(16).toString("base64"),
          AWS_ACCESS_KEY_ID: "test",
          AWS_SECRET_ACCESS_KEY: "test",
          AWS_REGION: REGION,
          AWS_ENDPOINT_URL: aws.url,
          AWS_EC2_METADATA_DISABLED: "true",
        },
      },
    ).catch(rethrown);
    const diff: Omit<Diff, "printed"> = JSON.parse(await readFile(graphFile, "utf8"));
    return { ...diff, printed: said.stdout + said.stderr };
  } finally {
    aws.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** sst says what went wrong on stdout, which execFile's own error leaves out. */
function rethrown(error: unknown): never {
  const said =
    error instanceof Error && "stdout" in error && "stderr" in error
      ? `${error.stdout}${error.stderr}`
      : "";
  throw new Error(`sst diff failed: ${said}`, { cause: error });
}

/** Where sst looks for pulumi. */
async function putPulumi(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  const script = join(import.meta.dirname, "pulumi.ts");
  const text = `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`;
  await writeFile(join(bin, "pulumi"), text, { mode: 0o755 });
}
