import type { RejectedReason } from "@imagefleet/core/outcome";
import { type Content, REJECTED } from "../sources/index.ts";

/** A source as the uploader left it; without content it was deleted, or never put. */
export interface Source {
  readonly content?: Content;
  readonly etag?: string;
  /** What it was justly rejected for at some time. */
  readonly deserved: ReadonlySet<RejectedReason>;
}

/** What was done to the sources, and so what the fleet is to have made of them in the end. */
export class ExpectedState {
  readonly #sources = new Map<string, Source>();
  /** Bodies of messages that say nothing: each is to be a dead letter. */
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
