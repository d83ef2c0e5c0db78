// A process of the console: it loads the program, and runs it with the arguments that it then gets.
import { fileURLToPath } from "node:url";
import * as v from "valibot";

const main = import.meta.resolve("../main.ts");
process.argv[1] = fileURLToPath(main);

// Without the console there will be no command.
const exit = () => process.exit(0);
process.once("disconnect", exit);
const received = new Promise<unknown>((resolve) => process.once("message", resolve));
await Promise.all([import("../program.ts"), import("../connection/connect.ts")]);
const args = v.parse(v.array(v.string()), await received);
process.off("disconnect", exit);
process.disconnect?.();
process.argv.push(...args);
await import(main);
