import { Agent, type IncomingHttpHeaders, request } from "node:http";

/** An answer as its viewer sees it. */
export interface Seen {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  /** From the request until the first byte of the body, ms. */
  readonly firstByteMs: number;
}

export interface Request {
  readonly url: string;
  readonly accept: string;
}

/** Viewers: connections that stay open, each with one request at a time. */
export class Viewers implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });

  /** @throws Error for another status than 200 */
  get({ url, accept }: Request): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const sent = request(url, { agent: this.#agent, headers: { accept } }, (got) => {
        const parts: Buffer[] = [];
        let firstByteMs = 0;
        got.on("data", (part: Buffer) => {
          if (parts.length === 0) firstByteMs = performance.now() - start;
          parts.push(part);
        });
        got.on("error", reject);
        got.on("end", () => {
          const body = Buffer.concat(parts);
          if (got.statusCode !== 200) {
            reject(new Error(`${url}: ${got.statusCode}: ${body.subarray(0, 300)}`));
            return;
          }
          resolve({ body, headers: got.headers, firstByteMs });
        });
      });
      sent.on("error", reject);
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
