import { randomUUID } from "node:crypto";

type Headers = Readonly<Record<string, string>>;

/** What of a complete answer a viewer gets. */
export interface Part {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Whether the viewer has what a 200 would bring. */
export function isUnmodified(asked: Headers, { etag, "last-modified": at }: Headers): boolean {
  const named = asked["if-none-match"];
  if (named !== undefined) {
    const weak = (tag: string) => tag.trim().replace(/^W\//, "");
    if (named.trim() === "*") return true;
    return etag !== undefined && named.split(",").some((each) => weak(each) === weak(etag));
  }
  const since = Date.parse(asked["if-modified-since"] ?? "");
  return at !== undefined && Date.parse(at) <= since;
}

/**
 * The ranges of a 200 that a viewer asks for; undefined: all of it. CloudFront ignores a header with
 * ranges that descend, overlap or are not valid.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export function partOf(asked: Headers, { headers, body }: Omit<Part, "status">): Part | undefined {
  const { range, "if-range": ifRange } = asked;
  if (range === undefined || !isSame(ifRange, headers)) return undefined;
  const ranges = rangesOf(range, body.length);
  if (ranges === undefined) return undefined;
  const contentRange = ({ from, to }: Range) => `bytes ${from}-${to - 1}/${body.length}`;
  const found = ranges.filter(({ from, to }) => from < to);
  const [first, ...others] = found;
  if (first === undefined) {
    const { "content-length": _length, "content-type": _type, ...rest } = headers;
    return {
      status: 416,
      headers: { ...rest, "content-range": `bytes */${body.length}` },
      body: Buffer.alloc(0),
    };
  }
  if (others.length === 0) {
    return {
      status: 206,
      headers: { ...headers, "content-range": contentRange(first) },
      body: body.subarray(first.from, first.to),
    };
  }
  const boundary = randomUUID();
  const type = headers["content-type"] ?? "application/octet-stream";
  const parts = found.flatMap((each) => [
    Buffer.from(
      `\r\n--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: ${contentRange(each)}\r\n\r\n`,
    ),
    body.subarray(each.from, each.to),
  ]);
  return {
    status: 206,
    headers: { ...headers, "content-type": `multipart/byteranges; boundary=${boundary}` },
    body: Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** `to` is the first byte that is not in the range. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function rangesOf(text: string, length: number): readonly Range[] | undefined {
  const [, list] = /^bytes=(.*)$/.exec(text) ?? [];
  const ranges: Range[] = [];
  for (const each of list?.split(",") ?? []) {
    const [, first, last] = /^\s*(\d*)-(\d*)\s*$/.exec(each) ?? [];
    if (first === undefined || last === undefined || first + last === "") return undefined;
    if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
    const from = first === "" ? Math.max(0, length - Number(last)) : Number(first);
    const to = first === "" || last === "" ? length : Math.min(length, Number(last) + 1);
    if (from < (ranges.at(-1)?.to ?? 0)) return undefined;
    ranges.push({ from, to });
  }
  return ranges.length > 0 ? ranges : undefined;
}

/** `If-Range` compares strongly. */
function isSame(ifRange: string | undefined, headers: Headers): boolean {
  if (ifRange === undefined) return true;
  return ifRange === headers["etag"] || ifRange === headers["last-modified"];
}
