import { fileURLToPath } from "node:url";

/** The folder of `recipe.ts` and `.imagefleet/`. */
export const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
