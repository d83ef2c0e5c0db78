// Loaded before the program (`node --import`): replaces one text in one source file.
import { registerHooks } from "node:module";
import * as v from "valibot";

/** The argument after the program, its runs and its seed. */
const MUTATION_AT = 4;

const { file, from, to } = v.parse(
  v.pipe(
    v.string(),
    v.parseJson(),
    v.object({ file: v.string(), from: v.string(), to: v.string() }),
  ),
  process.argv.at(MUTATION_AT),
);
const url = new URL(`../../../${file}`, import.meta.url).href;

registerHooks({
  load(asked, context, nextLoad) {
    const loaded = nextLoad(asked, context);
    if (asked !== url) return loaded;
    const text = loaded.source?.toString() ?? "";
    if (text.split(from).length !== 2) {
      throw new Error(`${file} does not contain this text exactly once: ${JSON.stringify(from)}`);
    }
    return { ...loaded, source: text.replace(from, () => to) };
  },
});
