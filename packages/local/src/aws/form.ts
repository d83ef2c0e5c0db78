/**
 * A key as S3 writes it in events and, with encoding-type=url, in listings:
 * form encoding (a space is `+`) that leaves `/` and `*-._` as they are.
 */
export function formEncode(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}
