/** Where addresses begin, and whether they name the version of their content. */
export interface AddressOptions {
  /**
   * Where keys are served, such as `https://images.example.com`, or a path of the page's own host.
   * Default: `/`.
   */
  readonly base?: string;
  /**
   * Whether addresses end with `?v=`, so that browsers keep them for a year and a new content of the
   * source has new ones. Default: `true`.
   */
  readonly version?: boolean;
}

/**
 * The address of a key. `%` is part of a key; a comma or a space would end a candidate of `srcset`, and
 * an apostrophe or a parenthesis the `url()` of a style.
 * https://html.spec.whatwg.org/multipage/images.html#srcset-attributes
 * https://drafts.csswg.org/css-syntax/#consume-url-token
 *
 * @param query what follows the path, with its `?`
 * @throws Error for a base of which a browser would make a folder of the page
 */
export function urlOf(base: string, key: string, query = ""): string {
  return folderOf(base) + key.split("/").map(encoded).join("/") + query;
}

/**
 * A base as it stands before a key.
 *
 * @throws Error for a base of which a browser would make a folder of the page
 */
export function folderOf(base: string): string {
  if (!/^($|[./]|[a-z]+:\/\/)/i.test(base)) {
    throw new Error(`base is "${base}": begin it with https:// or /`);
  }
  return base.endsWith("/") ? base : `${base}/`;
}

/**
 * The query that names the content of the source: the first eight hexadecimal digits of its ETag. S3
 * has other ETags too, which give no version.
 */
export function versionQuery(etag = ""): string {
  const [, digits] = /^"?([0-9a-f]{8})/.exec(etag) ?? [];
  return digits === undefined ? "" : `?v=${digits}`;
}

function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(/['()]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16)}`;
  });
}
