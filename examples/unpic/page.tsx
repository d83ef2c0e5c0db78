import { address, manifestAddress, parseManifest } from "@imagefleet/client";
import { unpicProvider } from "@imagefleet/client/unpic";
import { Image } from "@unpic/react/base";
import { renderToStaticMarkup } from "react-dom/server";
import { IMAGES } from "./env.ts";
import recipe from "./recipe.ts";

/** The keys of two uploads. */
const PHOTOS = ["cats/tom & jerry 100%.jpg", "cats/narrow+(1).jpg"];

const { transform } = unpicProvider(recipe, { base: IMAGES });

async function photo(key: string) {
  const response = await fetch(manifestAddress(recipe, key, IMAGES));
  const manifest = parseManifest(await response.json());
  const src = address(recipe, "hero", manifest, { base: IMAGES });
  if (src === undefined) return null;
  return (
    <Image key={key} src={src} transformer={transform} alt={key} width={700} aspectRatio={2} />
  );
}

const photos = await Promise.all(PHOTOS.map(photo));
process.stdout.write(
  `<!doctype html><meta charset="utf-8">${renderToStaticMarkup(<main>{photos}</main>)}`,
);
