import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Resource } from "sst";

const s3 = new S3Client();

/** Answers with a URL that a browser may upload one picture to, for five minutes. */
export async function handler() {
  const command = new PutObjectCommand({
    Bucket: Resource.Photos.sourceBucket,
    Key: crypto.randomUUID(),
  });
  return { statusCode: 200, body: await getSignedUrl(s3, command, { expiresIn: 300 }) };
}
