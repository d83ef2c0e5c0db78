import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { type Console, type LabSession, startConsole } from "@imagefleet/console";
import { type Connection, connect } from "../connection/connect.ts";
import { type ConnectionOptions, connectionArguments } from "../connection/options.ts";
import { RECIPE } from "../project.ts";
import { UsageError } from "../usage-error.ts";

export interface OpenOptions {
  readonly connection: ConnectionOptions;
  /** The default data folder. */
  readonly data: string;
  /** The recipe's module, unless it is the default. */
  readonly recipe: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  readonly readOnly: boolean;
  /** How the program is called: `npm run imagefleet --`. */
  readonly invocation: string;
  readonly cwd: string;
}

/** A process of it runs each command. */
const WAITING = fileURLToPath(import.meta.resolve("./waiting.ts"));

/**
 * Starts the console for a fleet. Its commands are processes of this program, which address the same fleet.
 *
 * @throws UsageError when the port is in use, or as {@link connect}
 */
export async function openConsole(options: OpenOptions): Promise<Console> {
  const { port, readOnly, invocation, cwd } = options;
  const connection = await connect(options.connection);
  try {
    const opened = await startConsole({
      line: {
        module: WAITING,
        connection: connectionArguments(options.connection, options.data),
        recipe: options.recipe,
        invocation,
        cwd,
      },
      buckets: bucketsOf(connection),
      openLab: (targets, signal, onProgress) =>
        openLab(targets, options, connection, signal, onProgress),
      where: connection.where,
      isLocal: connection.clients === undefined,
      port,
      readOnly,
    });
    return {
      ...opened,
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]();
        connection[Symbol.dispose]();
      },
    };
  } catch (error) {
    connection[Symbol.dispose]();
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new UsageError(
        `--port ${port}: another program uses it on 127.0.0.1. Use another, or --port 0 for any`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** The lab imports the codec, which the console otherwise does without. */
async function openLab(
  targets: readonly string[],
  { connection, recipe = RECIPE, cwd }: OpenOptions,
  { bucket }: Connection,
  signal: AbortSignal,
  onProgress: (listed: number, prepared: number) => void,
): Promise<LabSession> {
  const { Lab } = await import("../lab/lab.ts");
  const { readChange } = await import("../lab/change.ts");
  // A shell would have expanded it.
  const named = targets.map((target) => target.replace(/^~(?=\/|$)/, homedir()));
  const own = named.length > 0 ? named : [`s3://${await bucket("sourceBucket")}/`];
  const lab = await Lab.open({ targets: own, recipe, connection, cwd }, signal, onProgress);
  return {
    pictures: lab.pictures,
    get presets() {
      return lab.presets;
    },
    rejected: lab.rejected,
    notes: lab.notes,
    measure: (change, views, aborted) => lab.measure(readChange(change), aborted, views),
    all: (onResult, views, aborted) => lab.all(onResult, aborted, { views }),
    image: async (id) => pixels(await lab.image(id)),
    reference: async (picture, label) => pixels(await lab.reference(picture, label)),
    line: (change) => lab.line(readChange(change)),
    write: (changes) => lab.write(changes.map(readChange)),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

function pixels(found: { readonly data: Buffer; readonly type: string } | undefined) {
  return found && { data: new Uint8Array(found.data), type: found.type };
}

function bucketsOf(connection: Connection) {
  const once = (resource: "sourceBucket" | "renditionBucket") => {
    let name: Promise<string> | undefined;
    return () => {
      name ??= connection.bucket(resource);
      // A name that could not be checked is checked again at the next request.
      name.catch(() => {
        name = undefined;
      });
      return name;
    };
  };
  return { s3: connection.s3, source: once("sourceBucket"), renditions: once("renditionBucket") };
}
