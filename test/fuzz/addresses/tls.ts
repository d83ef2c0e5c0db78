import { once } from "node:events";
import { connect } from "node:net";
import { pipeline } from "node:stream/promises";
import { createServer } from "node:tls";
import { generate } from "selfsigned";

/** What ends TLS before a server that speaks plain HTTP. */
export interface TlsEnd extends AsyncDisposable {
  readonly port: number;
  /** The certificate, for the client's `ca`. */
  readonly certificate: string;
}

/** Passes on all bytes as they are, with a certificate for `localhost` that is made here and now. */
export async function endTls(target: URL): Promise<TlsEnd> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  const server = createServer({ key, cert }, (secure) => {
    const plain = connect(Number(target.port), target.hostname);
    // Either end may be cut: the other is then cut too.
    pipeline(secure, plain, secure).catch(() => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it is not listening");
  return {
    port: address.port,
    certificate: cert,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
