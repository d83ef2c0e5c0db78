import { hash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BODY, STYLE, scriptOf } from "./assets.ts";

/** The path of the page at the edge. */
export const UPLOAD_PAGE = "/_upload";

export interface UploadPageOptions {
  /** The address of the upload API. */
  readonly api: string;
  /** The address of S3, to which the page sends the bytes. */
  readonly s3: string;
  /** Where renditions are served. Default: `/`, the page's own host. */
  readonly base?: string;
  /** A new token of the page's user. */
  readonly token: () => Promise<string>;
}

/** A page that uploads pictures and shows those of one user, as an application does it. */
export class UploadPage {
  readonly #options: UploadPageOptions;
  #script: Promise<string> | undefined;

  constructor(options: UploadPageOptions) {
    this.#options = options;
  }

  async page(): Promise<string> {
    const { api, s3, base = "/", token } = this.#options;
    this.#script ??= bundle();
    const script = await this.#script;
    const config = JSON.stringify({ api, base, token: await token() }).replaceAll("<", "\\u003c");
    const images = base === "/" ? "'self'" : `'self' ${new URL(base).origin}`;
    const policy = [
      "default-src 'none'",
      `img-src ${images} data:`,
      "style-src 'unsafe-inline'",
      `script-src 'sha256-${hash("sha256", script, "base64")}'`,
      `connect-src ${new URL(api).origin} ${new URL(s3).origin}`,
    ].join("; ");
    return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="${policy}">
<title>Upload pictures – Imagefleet</title>
<style>${STYLE}</style>
${BODY}
<script type="application/json" id="config">${config}</script>
<script type="module">${script}</script>
</html>
`;
  }
}

/** The page's script with the client that applications use. */
async function bundle(): Promise<string> {
  const client = fileURLToPath(import.meta.resolve("@imagefleet/client"));
  const upload = fileURLToPath(import.meta.resolve("@imagefleet/client/upload"));
  const { outputFiles } = await build({
    stdin: { contents: scriptOf(client, upload), resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
