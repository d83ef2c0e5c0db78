/**
 * The path of a key's address, as the edge has it in its cache: each segment encoded as
 * `encodeURIComponent` does. It begins with `/`.
 *
 * @example
 * addressPath("thumb/cats/tom & co.jpg.webp"); // "/thumb/cats/tom%20%26%20co.jpg.webp"
 */
export function addressPath(key: string): string {
  return `/${key.split("/").map(encodeURIComponent).join("/")}`;
}
