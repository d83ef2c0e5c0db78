import { type Request, S3Error } from "./fauxqs.ts";
import type { Form } from "./policy.ts";
import { header } from "./target.ts";

export function isForm(request: Request): boolean {
  return /^multipart\/form-data/i.test(header(request, "content-type") ?? "");
}

/**
 * The fields of a browser upload's form as far as its policy asks; undefined for another body.
 *
 * @throws S3Error InvalidArgument (400) for a field that is given twice: fauxqs would take the other
 */
export function readForm(contentType: string | undefined, body: Buffer): Form | undefined {
  const boundary = /^multipart\/form-data;.*boundary="?([^\s;"]+)"?/i.exec(contentType ?? "")?.[1];
  if (boundary === undefined) return undefined;
  const fields = new Map<string, string>();
  const delimiter = `--${boundary}`;
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const headersEnd = body.indexOf("\r\n\r\n", at);
    const next = body.indexOf(`\r\n${delimiter}`, headersEnd);
    if (headersEnd < 0 || next < 0) break;
    const name = /name="([^"]+)"/i.exec(body.toString("utf8", at, headersEnd))?.[1] ?? "";
    const start = headersEnd + 4;
    // S3 reads no field after the file.
    if (name === "file") return { fields, fileBytes: next - start };
    if (fields.has(name.toLowerCase())) {
      throw new S3Error("InvalidArgument", `POST requires exactly one field "${name}"`, 400);
    }
    fields.set(name.toLowerCase(), body.toString("utf8", start, next));
    at = next + 2;
  }
  return { fields, fileBytes: 0 };
}
