import { addressPath } from "@imagefleet/core/plan";

/**
 * The address of a rendition as pages have it: with the version of the source's content. S3 has ETags
 * that give no version.
 *
 * @param url of the edge or the distribution
 */
export function addressOf(url: string, key: string, sourceEtag: string): string {
  const [, version] = /^"?([0-9a-f]{8})/.exec(sourceEtag) ?? [];
  return `${new URL(addressPath(key), url)}${version === undefined ? "" : `?v=${version}`}`;
}
