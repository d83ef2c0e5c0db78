import * as v from "valibot";
import { type Request, S3Error } from "./fauxqs.ts";
import { header } from "./target.ts";

export function isForm(request: Request): boolean {
  return /^multipart\/form-data/i.test(header(request, "content-type") ?? "");
}

/**
 * The fields of a browser upload's form; undefined for another body.
 *
 * @throws S3Error InvalidArgument (400) for a field that occurs twice: fauxqs would use the other value
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
    // S3 ignores fields after the file.
    if (name === "file") return { fields, fileBytes: next - start };
    if (fields.has(name.toLowerCase())) {
      throw new S3Error("InvalidArgument", `POST requires exactly one field "${name}"`, 400);
    }
    fields.set(name.toLowerCase(), body.toString("utf8", start, next));
    at = next + 2;
  }
  return { fields, fileBytes: 0 };
}

const Policy = v.pipe(
  v.string(),
  v.transform((encoded) => Buffer.from(encoded, "base64").toString("utf8")),
  v.parseJson(),
  v.object({
    expiration: v.pipe(v.string(), v.isoTimestamp()),
    conditions: v.array(
      v.union([
        v.tuple([v.literal("content-length-range"), v.number(), v.number()]),
        v.tuple([v.picklist(["eq", "starts-with"]), v.string(), v.string()]),
        // Last, because a list of strings also matches a record.
        v.record(v.string(), v.string()),
      ]),
    ),
  }),
);

/** Every other field of a form must have a condition, because its value is not signed otherwise. */
const withoutCondition = ["policy", "x-amz-signature", "file"];

/** The form of a browser upload: its fields by lower-case name, and the file's length in bytes. */
export type Form = { fields: Map<string, string>; fileBytes: number };

/**
 * Checks a browser upload against its policy, which fauxqs ignores.
 *
 * @throws S3Error AccessDenied (403), EntityTooLarge, EntityTooSmall, InvalidPolicyDocument (400)
 */
export function checkPolicy(form: Form, bucket: string): void {
  const parsed = v.safeParse(Policy, form.fields.get("policy"));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const where = v.getDotPath(issue) ?? "policy";
    throw new S3Error("InvalidPolicyDocument", `Invalid Policy: ${where}: ${issue.message}`, 400);
  }
  const { expiration, conditions } = parsed.output;
  if (Date.parse(expiration) <= Date.now()) throw denied("Policy expired.");
  const named = conditions.flatMap((each) => {
    if (!Array.isArray(each)) return Object.keys(each);
    return each[0] === "content-length-range" ? [] : [each[1].replace(/^\$/, "")];
  });
  const allowed = new Set(named.map((name) => name.toLowerCase()).concat(withoutCondition));
  const extra = [...form.fields.keys()].find(
    (name) => !allowed.has(name) && !name.startsWith("x-ignore-"),
  );
  if (extra !== undefined) throw denied(`Extra input fields: ${extra}`);
  for (const condition of conditions) {
    if (!Array.isArray(condition)) {
      for (const [name, value] of Object.entries(condition)) match("eq", name, value, form, bucket);
    } else if (condition[0] === "content-length-range") {
      checkLength(form.fileBytes, condition[1], condition[2]);
    } else match(condition[0], condition[1].replace(/^\$/, ""), condition[2], form, bucket);
  }
}

function match(
  how: "eq" | "starts-with",
  name: string,
  expected: string,
  form: Form,
  bucket: string,
): void {
  const field = name.toLowerCase();
  const value = field === "bucket" ? bucket : (form.fields.get(field) ?? "");
  if (how === "eq" ? value === expected : value.startsWith(expected)) return;
  throw denied(`Policy Condition failed: ["${how}", "$${name}", "${expected}"]`);
}

function checkLength(bytes: number, min: number, max: number): void {
  if (bytes < min) {
    throw new S3Error(
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      400,
    );
  }
  if (bytes > max) {
    throw new S3Error(
      "EntityTooLarge",
      "Your proposed upload exceeds the maximum allowed size",
      400,
    );
  }
}

function denied(reason: string): Error {
  return new S3Error("AccessDenied", `Invalid according to Policy: ${reason}`, 403);
}
