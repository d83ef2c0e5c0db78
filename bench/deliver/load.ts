import { Agent, type IncomingHttpHeaders, request } from "node:http";

/** An answer as its viewer sees it. */
export interface Seen {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** From the request until the first byte of the body, ms. */
  readonly firstByteMs: number;
}

export interface Request {
  /** Whose server it is, for errors. */
  readonly to: string;
  readonly url: string;
  readonly accept: string;
}

/** Viewers: connections that stay open, each with one request at a time. */
export class Viewers implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });

  /** @throws Error that names the server and the request, also for another status than 200 */
  get({ to, url, accept }: Request): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const fail = (cause: Error) =>
        reject(new Error(`${to}: ${url}: ${cause.message}`, { cause }));
      const sent = request(url, { agent: this.#agent, headers: { accept } }, (got) => {
        const parts: Buffer[] = [];
        let firstByteMs = 0;
        got.on("data", (part: Buffer) => {
          if (parts.length === 0) firstByteMs = performance.now() - start;
          parts.push(part);
        });
        got.on("error", fail);
        got.on("end", () => {
          const body = Buffer.concat(parts);
          if (got.statusCode !== 200) {
            fail(new Error(`${got.statusCode}: ${body.subarray(0, 300)}`));
            return;
          }
          resolve({ body, headers: got.headers, firstByteMs });
        });
      });
      // As browsers do: the server may close an idle connection at the moment of the request. All three
      // do so after 6 s, about the time between two turns.
      // https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (!sent.reusedSocket || error.code !== "ECONNRESET") fail(error);
        else this.get({ to, url, accept }).then(resolve, reject);
      });
      sent.end();
    });
  }

  /**
   * A closed loop: each of `atOnce` viewers sends its next request when it has its answer.
   *
   * @returns the wall time of all, ms
   */
  async all(requests: readonly Request[], atOnce: number, signal: AbortSignal): Promise<number> {
    const start = performance.now();
    const waiting = requests.values();
    const viewers = Array.from({ length: atOnce }, async () => {
      for (const each of waiting) {
        signal.throwIfAborted();
        await this.get(each);
      }
    });
    await Promise.all(viewers);
    return performance.now() - start;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
