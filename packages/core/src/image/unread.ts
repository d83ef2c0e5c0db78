import type { InputFormat } from "../plan/index.ts";
import { HIERARCHY, isFrame, JPEG_LS, jpegSegments } from "./jpeg-segments.ts";
import type { SourceBytes } from "./source-bytes.ts";

/** What a sound source is that its format's codec does not read; undefined for what it does. */
export async function unreadKind(
  format: InputFormat,
  source: SourceBytes,
): Promise<string | undefined> {
  if (format === "jpeg") return unreadJpeg(source);
  return format === "png" ? unreadPng(source) : undefined;
}

/** By the frame's marker: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, table B.1 */
const FRAMES: Readonly<Record<number, string>> = {
  195: "a lossless JPEG",
  197: "a hierarchical JPEG",
  198: "a hierarchical JPEG",
  199: "a hierarchical JPEG",
  203: "a lossless JPEG",
  205: "a hierarchical JPEG",
  206: "a hierarchical JPEG",
  207: "a hierarchical JPEG",
  [HIERARCHY]: "a hierarchical JPEG",
  [JPEG_LS]: "JPEG-LS",
};

async function unreadJpeg(source: SourceBytes): Promise<string | undefined> {
  const [frame] = await jpegSegments(source, isFrame);
  if (frame === undefined) return undefined;
  const named = FRAMES[frame.marker];
  if (named !== undefined) return named;
  const head = await source.read(frame.at, 3);
  if (head.length < 3) return undefined;
  if (head[0] === 12 || head[0] === 16) return `a JPEG of ${head[0]} bit samples`;
  return head.readUInt16BE(1) === 0 ? "a JPEG that says its height after its pixels" : undefined;
}

/** Xcode writes it into apps, with a chunk before the header and colours in another order. */
async function unreadPng({ read }: SourceBytes): Promise<string | undefined> {
  const type = (await read(12, 4)).toString("latin1");
  return type === "CgBI" ? "a CgBI PNG, which only Apple's programs read" : undefined;
}
