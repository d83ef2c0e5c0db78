import { nextLoader } from "@imagefleet/client/next";
import type { ImageLoader } from "next/image";
import { IMAGES } from "./env.ts";
import recipe from "./recipe.ts";

export default nextLoader(recipe, { base: IMAGES }) satisfies ImageLoader;
