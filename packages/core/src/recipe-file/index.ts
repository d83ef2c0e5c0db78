export { RecipeFileError } from "./error.ts";
export { loadRecipe } from "./load.ts";
