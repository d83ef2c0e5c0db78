import { fileURLToPath } from "node:url";

/** Where `recipe.ts` and `.imagefleet/` are. */
export const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
