const MIB = 1024 * 1024;

/** The upper limits of the classes, bytes, and their names. */
const LIMITS = [
  [1 * MIB, "up to 1 MiB"],
  [5 * MIB, "up to 5 MiB"],
  [20 * MIB, "up to 20 MiB"],
] as const;
const LARGEST = "over 20 MiB";

/** The classes of sizes. They are few, because each costs money in each metric. */
export const SIZES = [...LIMITS.map(([, name]) => name), LARGEST];

/** The class of a source of so many bytes. */
export function sizeOf(bytes: number): string {
  return LIMITS.find(([limit]) => bytes <= limit)?.[1] ?? LARGEST;
}
