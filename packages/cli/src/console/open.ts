import { fileURLToPath } from "node:url";
import { type Console, startConsole } from "@imagefleet/console";
import { type Connection, connect } from "../connection/connect.ts";
import { type ConnectionOptions, connectionArguments } from "../connection/options.ts";
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

/** This program: a process of it runs each command. */
const MAIN = fileURLToPath(new URL(import.meta.resolve("../main.ts")));

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
        program: [process.execPath, MAIN],
        connection: connectionArguments(options.connection, options.data),
        recipe: options.recipe,
        invocation,
        cwd,
      },
      buckets: bucketsOf(connection),
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
