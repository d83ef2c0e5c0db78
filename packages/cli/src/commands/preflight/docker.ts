import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";
import type { Check } from "../../check/check.ts";

const run = promisify(execFile);

/** Docker answers at once, or it hangs: ms. */
const PATIENCE_MS = 20_000;
const NAME = "Docker and its builder";
/** What the worker's image is built for. */
const PLATFORM = "linux/arm64";

const infoSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    ServerVersion: v.optional(v.string(), ""),
    ServerErrors: v.optional(v.nullable(v.array(v.string())), []),
    DriverStatus: v.optional(v.nullable(v.array(v.array(v.string()))), []),
  }),
);

/**
 * Is Docker there, can its builder export the cache that SST keeps in ECR, and does it build for the
 * worker's processor?
 * https://docs.docker.com/reference/cli/docker/system/info/
 * https://docs.docker.com/build/cache/backends/
 */
export async function dockerChecks(): Promise<readonly Check[]> {
  const info = await said(["info", "--format", "{{json .}}"]);
  const parsed = v.safeParse(infoSchema, info.text);
  const errors = parsed.success ? (parsed.output.ServerErrors ?? []) : [];
  if (!parsed.success || parsed.output.ServerVersion === "") {
    const why = errors[0] ?? info.fault ?? "docker info gives no server";
    return [wrong(`Docker does not answer: ${why}`, "Install Docker, and start it.")];
  }
  const builder = await said(["buildx", "inspect"]);
  if (builder.fault !== undefined) {
    return [
      wrong(`docker buildx does not answer: ${builder.fault}`, "Install Docker's buildx plugin."),
    ];
  }
  const driver = /^Driver:\s+(\S+)/m.exec(builder.text)?.[1] ?? "unknown";
  // Docker's own store of images exports no cache; containerd's does.
  const isContainerd = (parsed.output.DriverStatus ?? []).some(([, value]) =>
    value?.startsWith("io.containerd.snapshotter."),
  );
  const faults = [
    ...(driver === "docker" && !isContainerd
      ? [
          wrong(
            `Its builder, of the kind "docker", cannot export a cache, which SST keeps in ECR.`,
            "Run docker buildx create --use, or turn the containerd image store on.",
          ),
        ]
      : []),
    ...(builder.text.includes(PLATFORM)
      ? []
      : [
          wrong(
            `Its builder does not build for ${PLATFORM}.`,
            "Run docker run --privileged --rm tonistiigi/binfmt:qemu-v9.2.2 --install arm64",
          ),
        ]),
  ];
  if (faults.length > 0) return faults;
  const says = `Docker ${parsed.output.ServerVersion} builds for ${PLATFORM} with a builder of the kind "${driver}".`;
  return [{ name: NAME, state: "ok", says }];
}

function wrong(says: string, fix: string): Check {
  return { name: NAME, state: "wrong", says, fix };
}

interface Said {
  readonly text: string;
  readonly fault?: string;
}

async function said(args: readonly string[]): Promise<Said> {
  try {
    const { stdout } = await run("docker", args, { timeout: PATIENCE_MS });
    return { text: stdout };
  } catch (error) {
    return { text: "", fault: faultOf(error) };
  }
}

function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "there is no command docker on the PATH";
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return stderr === "" ? error.message : (stderr.split("\n")[0] ?? "");
}
