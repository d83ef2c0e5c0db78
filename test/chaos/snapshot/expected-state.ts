import type { RejectedReason } from "@imagefleet/core/outcome";
import { type Content, REJECTED } from "../sources/index.ts";

/** A source as the uploader left it; without content it was deleted or never uploaded. */
export interface Source {
  readonly content?: Content;
  readonly etag?: string;
  /** The reasons for which it was correctly rejected at some time. */
  readonly deserved: ReadonlySet<RejectedReason>;
}

/** The operations on the sources, which determine the expected final state. */
export class ExpectedState {
  readonly #sources = new Map<string, Source>();
  /** Bodies of invalid messages, each of which must become a dead letter. */
  readonly nonsense: string[] = [];

  put(key: string, content: Content, etag: string): void {
    const deserved = new Set(this.#deserved(key));
    const reason = REJECTED[content.kind];
    if (reason) deserved.add(reason);
    this.#sources.set(key, { content, etag, deserved });
  }

  delete(key: string): void {
    this.#sources.set(key, { deserved: this.#deserved(key) });
  }

  /** By key. */
  sources(): ReadonlyMap<string, Source> {
    return this.#sources;
  }

  #deserved(key: string): ReadonlySet<RejectedReason> {
    return this.#sources.get(key)?.deserved ?? new Set();
  }
}
