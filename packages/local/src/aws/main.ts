import * as v from "valibot";
import { startLocalAws } from "./server.ts";
import type { Report } from "./spawn.ts";
import { FolderError, PortTaken } from "./start-error.ts";

const Options = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    port: v.pipe(v.number(), v.integer()),
    dataDir: v.string(),
    corsOrigins: v.optional(v.array(v.string())),
  }),
);

// Ctrl-C and a closed terminal signal every process of the group. The parent may still need these
// servers to finish its work, so it ends them.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});

const orphaned = new Promise<void>((resolve) => {
  process.once("disconnect", resolve);
  process.once("SIGTERM", resolve);
});

try {
  const options = v.parse(Options, process.argv[2]);
  const onDiskFull = () => {
    // Nothing can be stored any more. Clients would retry every failed call forever, so the
    // process ends.
    process.stderr.write(`no space is left on the disk of ${options.dataDir}\n`);
    process.exit(1);
  };
  const local = await startLocalAws({ ...options, onDiskFull });
  const { endpoint, port, credentials } = local;
  send({ kind: "ready", endpoint, port, credentials });
  await orphaned;
  await local.close();
} catch (error) {
  if (error instanceof PortTaken) send({ kind: "port taken", port: error.port });
  else if (error instanceof FolderError) {
    send({ kind: "folder unusable", why: error.why, reason: error.message });
  } else send({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
}
if (process.connected) process.disconnect();

function send(report: Report): void {
  process.send?.(report);
}
