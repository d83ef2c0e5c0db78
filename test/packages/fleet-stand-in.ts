import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { manifestKey, renditionAt, renditionKey } from "@imagefleet/core/keys";
import { CONTENT_TYPES, type Recipe } from "@imagefleet/core/recipe-types";
import sharp from "sharp";
import { edgeOf } from "../../packages/client/src/edge.fixture.ts";

/** Of the content of every source. */
export const VERSION = "0a1b2c3d";

interface Answered {
  readonly url: string;
  readonly status: number;
  readonly type: string;
}

export interface FleetStandIn extends AsyncDisposable {
  readonly url: string;
  /** All requests so far. */
  readonly answered: readonly Answered[];
}

/**
 * Serves the addresses of a fleet behind the edge function of its recipe: manifests, and the renditions
 * that are in them. Unlike a fleet, it answers 404 for a width that the source does not have, because
 * a page that asks for one is wrong.
 *
 * @param sources by key, the widths of the sources in px; each is twice as wide as high
 */
export async function serveFleet(
  recipe: Recipe,
  sources: Readonly<Record<string, number>>,
): Promise<FleetStandIn> {
  const edge = edgeOf(recipe);
  const answered: Answered[] = [];
  const manifests = Object.entries(sources).map(([key, width]) => ({
    key: manifestKey(recipe, key),
    manifest: manifestOf(recipe, key, width),
  }));
  const files = new Map(
    manifests
      .flatMap(({ manifest }) => Object.values(manifest.srcset).flat())
      .map((file) => [file.key, file]),
  );

  const server = createServer(async (request, response) => {
    const { url = "" } = request;
    const key = edge(url, request.headers.accept)?.key ?? "";
    const found = manifests.find((each) => each.key === key)?.manifest;
    const file = files.get(key);
    const status = found || file ? 200 : 404;
    const type = found ? "application/json" : (file?.type ?? "text/plain");
    answered.push({ url, status, type });
    response.writeHead(status, { "content-type": type });
    if (found) response.end(JSON.stringify(found));
    else if (file) {
      const { width, height } = file;
      const format = renditionAt(recipe, key)?.preset.format ?? "jpeg";
      const picture = sharp({ create: { width, height, channels: 3, background: "#357" } });
      const body = await picture.toFormat(format, { effort: 0 }).toBuffer();
      response.end(body);
    } else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A string only of a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answered,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function manifestOf(recipe: Recipe, key: string, width: number) {
  const names = [...new Set(recipe.presets.map(({ name }) => name))];
  const srcset = names.map((name) => {
    const presets = recipe.presets.filter((each) => each.name === name);
    const widest = presets.find((each) => (each.width ?? 0) >= width)?.width ?? width;
    const existing = presets.filter((each) => (each.width ?? 0) <= widest);
    const candidates = existing.map((each) => {
      const own = Math.min(each.width ?? width, width);
      return {
        key: renditionKey(recipe, each, key),
        width: own,
        height: Math.round(own / 2),
        type: CONTENT_TYPES[each.format],
      };
    });
    return [name, candidates] as const;
  });
  return {
    version: 1,
    revision: "r",
    seq: 1,
    source: {
      bucket: "photos",
      key,
      etag: `"${VERSION}4e5f60718293a4b5c6d7e8f9"`,
      bytes: 1,
      width,
      height: width / 2,
    },
    recipe: "f",
    srcset: Object.fromEntries(srcset),
    renditions: [],
    stale: [],
    at: "2026-01-01T00:00:00.000Z",
  };
}
