const MIB = 1024 * 1024;

/** Up to so many bytes, and how that is called. */
const LIMITS = [
  [1 * MIB, "up to 1 MiB"],
  [5 * MIB, "up to 5 MiB"],
  [20 * MIB, "up to 20 MiB"],
] as const;
const LARGEST = "over 20 MiB";

/** The classes by which times are told apart: few, for each is paid for with each metric. */
export const SIZES = [...LIMITS.map(([, name]) => name), LARGEST];

/** A source's class by its bytes. */
export function sizeOf(bytes: number): string {
  return LIMITS.find(([limit]) => bytes <= limit)?.[1] ?? LARGEST;
}
