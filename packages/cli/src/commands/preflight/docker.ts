import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as v from "valibot";
import { type Check, ok, problem } from "../../check/check.ts";
import { present } from "../../present.ts";

const run = promisify(execFile);

/** How long a docker command may take, ms. */
const TIMEOUT_MS = 20_000;
const NAME = "Docker and its builder";
/** The platform of the worker's image. */
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
 * Checks that Docker runs, and that its builder can export the cache that SST keeps in ECR and can build
 * for the worker's platform.
 * https://docs.docker.com/reference/cli/docker/system/info/
 * https://docs.docker.com/build/cache/backends/
 */
export async function dockerChecks(): Promise<readonly Check[]> {
  const info = await docker(["info", "--format", "{{json .}}"]);
  const parsed = v.safeParse(infoSchema, info.text);
  const errors = parsed.success ? (parsed.output.ServerErrors ?? []) : [];
  if (!parsed.success || parsed.output.ServerVersion === "") {
    const why = errors[0] ?? info.error ?? "docker info reports no server";
    return [wrong(`Docker does not respond: ${why}`, "Install Docker, and start it.")];
  }
  const builder = await docker(["buildx", "inspect"]);
  if (builder.error !== undefined) {
    return [
      wrong(`docker buildx does not respond: ${builder.error}`, "Install Docker's buildx plugin."),
    ];
  }
  const driver = /^Driver:\s+(\S+)/m.exec(builder.text)?.[1] ?? "unknown";
  // The classic image store cannot export a cache; the containerd image store can.
  const isContainerd = (parsed.output.DriverStatus ?? []).some(([, value]) =>
    value?.startsWith("io.containerd.snapshotter."),
  );
  const problems = present(
    driver === "docker" &&
      !isContainerd &&
      wrong(
        `The builder with driver "docker" cannot export a cache, and SST keeps one in ECR.`,
        "Run docker buildx create --use, or enable the containerd image store.",
      ),
    !builder.text.includes(PLATFORM) &&
      wrong(
        `The builder does not build for ${PLATFORM}.`,
        "Run docker run --privileged --rm tonistiigi/binfmt:qemu-v9.2.2 --install arm64",
      ),
  );
  if (problems.length > 0) return problems;
  const message = `Docker ${parsed.output.ServerVersion} builds for ${PLATFORM} with driver "${driver}".`;
  return [ok(NAME, message)];
}

function wrong(message: string, fix: string): Check {
  return problem(NAME, message, fix);
}

interface Output {
  readonly text: string;
  readonly error?: string;
}

async function docker(args: readonly string[]): Promise<Output> {
  try {
    const { stdout } = await run("docker", args, { timeout: TIMEOUT_MS });
    return { text: stdout };
  } catch (error) {
    return { text: "", error: errorText(error) };
  }
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "the command docker is not on the PATH";
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return stderr === "" ? error.message : (stderr.split("\n")[0] ?? "");
}
