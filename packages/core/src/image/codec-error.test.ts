import { describe, expect, it } from "vitest";
import { meaning, runPipeline, toDecodeError, toEncodeError } from "./codec-error.ts";

describe("the meaning", () => {
  it.each([
    [
      "VipsJpeg: premature end of JPEG image\nVipsJpeg: premature end",
      "premature end of JPEG image",
    ],
    [
      "source: bad seek to 48747\nheif: Invalid input: Corrupt frame",
      "Invalid input: Corrupt frame",
    ],
    ["Input file has corrupt header: webp: unable to parse image", "unable to parse image"],
    ["Input buffer has corrupt header: ", "it is cut off or damaged"],
    ["Unknown error", "it is cut off or damaged"],
    ["", "it is cut off or damaged"],
    ['unable to open "/tmp/a b/secret.jpg" for read', "unable to open for read"],
    ["/tmp/secret.jpg: not an image", ": not an image"],
  ])("of %j", (text, wanted) => {
    expect(meaning(text)).toBe(wanted);
  });

  it("has at most 160 characters", () => {
    expect(meaning("word ".repeat(100))).toHaveLength(160);
  });
});

describe("an error", () => {
  const cause = new Error();
  const libpng = "vipspng: libpng read error";
  const writer = "\nvips2png: unable to write to target target";

  it.each([
    ["while reading is blamed on the source", libpng],
    ["while reading is blamed on the source, although a writer fails too", libpng + writer],
    ["of a truncated source is blamed on it", `VipsJpeg: premature end of JPEG image${writer}`],
    [
      "for a directory with an impossible number of values is blamed on the source",
      'tiff2vips: Out of memory reading of "SampleFormat"',
    ],
  ])("%s", (_what, text) => {
    const reason = "SourceCorrupt";
    expect(toDecodeError(text, cause)).toMatchObject({ name: "Rejection", reason, cause });
  });

  it("contains the meaning of its text", () => {
    const message = "the pixels cannot be read: it is cut off or damaged";
    expect(toDecodeError(libpng, cause)).toMatchObject({ message });
  });

  it.each([
    ["OutOfMemory", "out of memory --- size == 48MB"],
    ["OutOfMemory", "tiff: cannot allocate 12 bytes"],
    ["OutOfMemory", "std::bad_alloc"],
    ["Internal", "vips2jpeg: no"],
    ["Internal", "Input file is missing: /tmp/a"],
    ["Internal", "No space left on device"],
    ["Internal", "extract_area: bad extract area"],
  ])("for lack of memory or while writing is a failure: %s, %s", (reason, text) => {
    for (const toError of [toDecodeError, toEncodeError]) {
      expect(toError(text, cause)).toMatchObject({ name: "Failure", reason });
    }
  });
});

describe("runPipeline", () => {
  const never = () => new Error("not asked");

  it("returns the result of a second try after a failure", async () => {
    let tries = 0;
    const flaky = async () => {
      tries += 1;
      if (tries === 1) throw new Error("no memory just now");
      return tries;
    };
    await expect(runPipeline(flaky, never, undefined)).resolves.toBe(2);
  });

  it("throws the error for the second failure", async () => {
    let tries = 0;
    const bad = async () => {
      tries += 1;
      throw new Error(`failure ${tries}`);
    };
    await expect(runPipeline(bad, (text) => new Error(`so: ${text}`), undefined)).rejects.toThrow(
      "so: failure 2",
    );
  });

  it("throws the reason of an aborted signal and does not start", async () => {
    const reason = new Error("deadline");
    let hasStarted = false;
    const work = async () => {
      hasStarted = true;
    };
    await expect(runPipeline(work, never, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(hasStarted).toBe(false);
  });
});
