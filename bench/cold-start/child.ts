// This file imports nothing, because an imported module would be warm in the measurement.
const cpu = process.cpuUsage();
const start = performance.now();
for (const module of process.argv.slice(2)) await import(module);
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }));
