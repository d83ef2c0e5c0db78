import { writeFileSync } from "node:fs";
import { peakBytes } from "./peak.ts";

// Loaded before a measured program (`node --import`). Writes its CPU time and memory when it exits.
const file = new URL(import.meta.url).searchParams.get("file");
if (file !== null) {
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    writeFileSync(file, JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes: peakBytes() }));
  });
}
