/** The routes of the upload API. */
export const UPLOAD_ROUTES = [
  "POST /uploads",
  "GET /uploads/{id}",
  "DELETE /uploads/{id}",
  "POST /uploads/{id}/parts",
  "POST /uploads/{id}/complete",
  "GET /images",
  "DELETE /images/{id}",
] as const;

export interface Match {
  /** `POST /uploads/{id}/parts` */
  readonly routeKey: string;
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The route of a request, by its path as it was sent. */
export function matchRoute(
  routes: readonly string[],
  method: string,
  path: string,
): Match | undefined {
  for (const routeKey of routes) {
    const [ofMethod, pattern = ""] = routeKey.split(" ");
    // The parts at odd places are names: `/uploads/`, `id`, `/parts`.
    const source = pattern
      .split(/[{}]/)
      .map((part, at) => (at % 2 === 0 ? RegExp.escape(part) : `(?<${part}>[^/]+)`))
      .join("");
    const found = new RegExp(`^${source}$`).exec(path);
    if (ofMethod !== method || !found) continue;
    const given = Object.entries(found.groups ?? {});
    const parameters = given.map(([name, value]) => [name, decodeURIComponent(value)]);
    return { routeKey, parameters: Object.fromEntries(parameters) };
  }
  return undefined;
}
