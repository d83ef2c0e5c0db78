import { S3Error } from "./fauxqs.ts";
import type { Target } from "./target.ts";

/**
 * A presigned address ends at its time here as well; fauxqs serves it for ever.
 * (No signature is checked: the server takes any credentials and knows no secret.)
 *
 * @throws S3Error AccessDenied (403)
 */
export function refuseExpired({ query }: Target): void {
  const [signed, seconds] = [query["X-Amz-Date"], query["X-Amz-Expires"]];
  if (signed === undefined || seconds === undefined) return;
  const iso = signed.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  if (Date.parse(iso) + Number(seconds) * 1000 > Date.now()) return;
  throw new S3Error("AccessDenied", "Request has expired", 403);
}
