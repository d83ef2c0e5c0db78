import { describe, expect, it } from "vitest";
import { CONTAINERS, quadrants, RGB } from "../pictures.fixture.ts";
import { formatOf } from "./detect.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** The first box of an ISO media file: a main brand and the compatible brands. */
function ftyp(main: string, ...others: string[]): Buffer {
  const box = bytes(`\0\0\0\0ftyp${main}\0\0\0\0${others.join("")}`);
  box.writeUInt32BE(box.length);
  return Buffer.concat([box, bytes("\0\0\0\x08mdatavif")]);
}

describe("formatOf", () => {
  it.each(CONTAINERS)("recognizes %s", async (name, store) => {
    const format = name.split(" ").find((word) => /^(?:jpeg|png|webp|tiff|avif)$/.test(word));
    const file = await store(quadrants(RGB)).toBuffer();
    expect(formatOf(file)).toEqual({ kind: "supported", format });
  });

  it.each([
    ["gif", bytes("GIF89a")],
    ["tiff", bytes("MM\0*")],
    ["tiff", bytes("II+\0")],
    ["avif", ftyp("avif", "avif", "mif1", "miaf")],
    ["avif", ftyp("mif1", "mif1", "avif", "miaf")],
    ["avif", ftyp("avis", "avis", "avif")],
    ["heic", ftyp("heic", "mif1", "heic")],
    ["heic", ftyp("mif1", "mif1", "heic")],
    ["heic", ftyp("heix")],
    ["svg", bytes('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["svg", bytes('\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<svg width="1">')],
    ["bmp", bytes("BM\x9a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")],
  ])("recognizes %s by its magic number", (format, head) => {
    expect(formatOf(head)).toEqual({ kind: "supported", format });
  });

  it.each([
    ["a video or another ISO media file", ftyp("isom", "isom", "mp42")],
    ["a video or another ISO media file", ftyp("qt  ")],
    ["a PDF", bytes("%PDF-1.7")],
    ["JPEG XL", bytes("\xff\x0a")],
    ["a Photoshop file", bytes("8BPS")],
    ["a ZIP archive", bytes("PK\x03\x04")],
  ])("names %s", (name, head) => {
    expect(formatOf(head)).toEqual({ kind: "unsupported", name });
  });

  it.each([
    bytes(""),
    bytes("\xff"),
    bytes("RIFF\0\0\0\0WAVEfmt "),
    bytes("Dear reader,"),
    bytes("BM and W are words, too"),
    bytes("<!doctype html><svg>"),
    bytes("<html><body><svg></svg>"),
    bytes("\0\0\0\x08fty"),
  ])("returns unknown for %j", (head) => {
    expect(formatOf(head)).toEqual({ kind: "unknown" });
  });
});
