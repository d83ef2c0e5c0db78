import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../telemetry/index.ts";
import type { Sign } from "./signer.ts";

/** How long one request may take, ms. */
const EXPORT_MS = 5_000;

/**
 * Sends spans by OTLP as JSON over HTTP. OpenTelemetry's own exporter cannot sign a request. Spans
 * that cannot be sent are dropped with a warning.
 */
export class OtlpExporter implements SpanExporter {
  readonly #url: string;
  readonly #sign: Sign | undefined;
  readonly #log: Logger;

  constructor(url: string, sign: Sign | undefined, log: Logger) {
    this.#url = url;
    this.#sign = sign;
    this.#log = log;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#send(spans).then(
      () => done({ code: ExportResultCode.SUCCESS }),
      (error: unknown) => {
        this.#log.warn({ err: error, spans: spans.length }, "could not send traces");
        done({ code: ExportResultCode.FAILED });
      },
    );
  }

  async shutdown(): Promise<void> {}

  async #send(spans: ReadableSpan[]): Promise<void> {
    const bytes = JsonTraceSerializer.serializeRequest(spans);
    const body = Buffer.from(bytes ?? []).toString();
    const plain = { "content-type": "application/json" };
    const headers = (await this.#sign?.({ url: this.#url, headers: plain, body })) ?? plain;
    const signal = AbortSignal.timeout(EXPORT_MS);
    const response = await fetch(this.#url, { method: "POST", headers, body, signal });
    const text = await response.text();
    if (response.ok) return;
    throw new Error(`${this.#url} answered ${response.status}: ${text.slice(0, 200)}`);
  }
}
