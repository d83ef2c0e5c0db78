import { XMLParser, XMLValidator } from "fast-xml-parser";
import * as v from "valibot";
import { S3Error } from "./fauxqs.ts";

/** Every element is a list of the elements of its name, also where there is only one. */
const parser = new XMLParser({
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  isArray: () => true,
});

const Blank = v.pipe(v.string(), v.regex(/^\s*$/));

/** The text of an element without child elements. */
export const Text = v.pipe(v.unknown(), v.string(), v.transform(unescapeXml));

/** An element that occurs once. */
export function once<T>(schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.transform((found) => (Array.isArray(found) && found.length === 1 ? found[0] : undefined)),
    schema,
  );
}

/** An element with exactly these child elements and no text. */
export function holding<T extends v.ObjectEntries>(
  entries: T,
): v.GenericSchema<unknown, v.InferOutput<v.StrictObjectSchema<T, undefined>>> {
  return v.pipe(
    v.unknown(),
    v.transform((value) => (v.is(Blank, value) ? {} : value)),
    v.strictObject({ "#text": v.optional(Blank), ...entries }),
  );
}

/**
 * Parses the body of a request.
 *
 * @throws S3Error MalformedXML (400)
 */
export function readDocument<T extends v.GenericSchema>(body: Buffer, schema: T): v.InferOutput<T> {
  const xml = body.toString("utf8");
  // A document type could define entities, which S3 rejects.
  if (/<!DOCTYPE/i.test(xml) || XMLValidator.validate(xml) !== true) throw malformedXml();
  const parsed = v.safeParse(schema, parser.parse(xml));
  if (!parsed.success) throw malformedXml();
  return parsed.output;
}

/** Checks only the root of a document that is parsed elsewhere. */
export function checkRoot(body: Buffer, root: string): void {
  readDocument(body, v.strictObject({ [root]: once(v.unknown()) }));
}

function malformedXml(): Error {
  return new S3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    400,
  );
}

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Decodes in one pass: fauxqs's successive replacements decode `&amp;lt;` to `<`. */
function unescapeXml(value: string): string {
  return value.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi,
    (whole, hex, dec, name) => {
      if (hex !== undefined) return character(Number.parseInt(hex, 16));
      if (dec !== undefined) return character(Number.parseInt(dec, 10));
      return named[String(name).toLowerCase()] ?? whole;
    },
  );
}

function character(codePoint: number): string {
  if (codePoint > 0x10ffff) throw malformedXml();
  return String.fromCodePoint(codePoint);
}

/** Also encodes control characters, because a parser changes a bare CR to LF. */
function escapeXml(value: string): string {
  return (
    value
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&apos;")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold them
      .replace(/[\u0000-\u001f\u007f]/g, (c) => `&#x${c.charCodeAt(0).toString(16).toUpperCase()};`)
  );
}

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

export function document(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${content}</${root}>`;
}

export function element(tag: string, value: string | number | boolean): string {
  return `<${tag}>${escapeXml(String(value))}</${tag}>`;
}
