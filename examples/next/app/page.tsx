import { address, manifestAddress, parseManifest, picture } from "@imagefleet/client";
import Image from "next/image";
import { IMAGES } from "../env.ts";
import recipe from "../recipe.ts";

/** The keys of two uploads. */
const PHOTOS = ["cats/tom & jerry 100%.jpg", "cats/narrow+(1).jpg"];

export default async function Page() {
  return PHOTOS.map((key) => <Photo key={key} source={key} />);
}

async function Photo({ source }: { readonly source: string }) {
  const response = await fetch(manifestAddress(recipe, source, IMAGES));
  const manifest = parseManifest(await response.json());
  const src = address(recipe, "hero", manifest, { base: IMAGES });
  const img = picture<typeof recipe>(manifest, "hero")?.img;
  if (src === undefined || img === undefined) return null;
  return (
    <Image
      src={src}
      alt={source}
      width={img.width}
      height={img.height}
      sizes="700px"
      style={{ width: 700, height: "auto" }}
    />
  );
}
