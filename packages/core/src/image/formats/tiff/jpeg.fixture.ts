import { segment } from "../../containers.fixture.ts";

/** One component of a JPEG: its sampling factors and its samples. */
export interface Component {
  readonly across: number;
  readonly down: number;
  /** The sample at a position in the component, from 0 to 255. */
  readonly at: (x: number, y: number) => number;
}

/** A JPEG as TIFF stores it: the tables, and the stream without them. */
export interface JpegParts {
  readonly tables: Buffer;
  readonly frame: Buffer;
}

/** The DC coefficient is eight times a block's difference from 128: this step stores it exactly. */
const STEP = 8;
const START = [0xff, 0xd8];
const END = [0xff, 0xd9];

/** The end of a block, after its DC coefficient. */
const END_OF_BLOCK = "0";
/** The categories of DC differences, with codes of four bits. */
const CATEGORIES = Array.from({ length: 12 }, (_, at) => at);
const TABLES = Buffer.from([
  ...segment(0xdb, [0, ...Array.from({ length: 64 }, () => STEP)]),
  ...segment(0xc4, [0x00, 0, 0, 0, 12, ...Array.from({ length: 12 }, () => 0), ...CATEGORIES]),
  ...segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0]),
]);

/** The limits of an interleaved scan: T.81, B.2.3. */
const MOST_COMPONENTS = 4;
const MOST_BLOCKS = 10;

/**
 * A baseline JPEG (ITU-T T.81) without a color conversion. Each block of 8 x 8 samples has one value,
 * that of its first sample. One interleaved scan, or a scan for each component beyond its limits.
 */
export function jpegOf(width: number, height: number, components: readonly Component[]): JpegParts {
  const wide = Math.max(...components.map(({ across }) => across));
  const high = Math.max(...components.map(({ down }) => down));
  const blocks = components.reduce((sum, { across, down }) => sum + across * down, 0);
  const together = components.length <= MOST_COMPONENTS && blocks <= MOST_BLOCKS;
  const size = [height, width].flatMap((px) => [px >> 8, px & 255]);
  const sampling = components.flatMap(({ across, down }, at) => [at + 1, (across << 4) | down, 0]);
  const scans = together
    ? [
        scan(components, 1, {
          across: Math.ceil(width / (8 * wide)),
          down: Math.ceil(height / (8 * high)),
        }),
      ]
    : components.map(({ across, down, at }, which) =>
        scan([{ across: 1, down: 1, at }], which + 1, {
          across: Math.ceil((width * across) / wide / 8),
          down: Math.ceil((height * down) / high / 8),
        }),
      );
  return {
    tables: Buffer.from([...START, ...TABLES, ...END]),
    frame: Buffer.from([
      ...START,
      ...segment(0xc0, [8, ...size, components.length, ...sampling]),
      ...scans.flat(),
      ...END,
    ]),
  };
}

/** One scan. @param first the number of its first component */
function scan(
  components: readonly Component[],
  first: number,
  units: { readonly across: number; readonly down: number },
): number[] {
  const bits: string[] = [];
  const before = components.map(() => 0);
  for (let unit = 0; unit < units.across * units.down; unit++) {
    const [left, top] = [unit % units.across, Math.floor(unit / units.across)];
    for (const [which, { across, down, at }] of components.entries()) {
      for (let block = 0; block < across * down; block++) {
        const x = 8 * (left * across + (block % across));
        const y = 8 * (top * down + Math.floor(block / across));
        const value = at(x, y) - 128;
        bits.push(difference(value - (before[which] ?? 0)), END_OF_BLOCK);
        before[which] = value;
      }
    }
  }
  const scanned = components.flatMap((_, at) => [first + at, 0]);
  return [...segment(0xda, [components.length, ...scanned, 0, 63, 0]), ...packed(bits.join(""))];
}

/** One stream with its tables. */
export function wholeJpeg({ frame }: JpegParts): Buffer {
  return Buffer.concat([Buffer.from(START), TABLES, frame.subarray(START.length)]);
}

/** The code of a DC difference: T.81, F.1.2.1. */
function difference(value: number): string {
  const category = value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) + 1;
  const which = value < 0 ? value + 2 ** category - 1 : value;
  return (
    category.toString(2).padStart(4, "0") +
    (category === 0 ? "" : which.toString(2).padStart(category, "0"))
  );
}

/** Padded with ones; a zero byte follows each byte of ones. */
function packed(bits: string): number[] {
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  return (whole.match(/.{8}/g) ?? []).flatMap((byte) =>
    byte === "11111111" ? [0xff, 0] : [Number.parseInt(byte, 2)],
  );
}
