import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { AWSXRAY_TRACE_ID_HEADER, AWSXRayPropagator } from "@opentelemetry/propagator-aws-xray";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { OtlpExporter } from "./otlp-exporter.ts";
import { signerFor } from "./signer.ts";
import type { JobTrace, TraceEnd, Traces, TracesOptions } from "./traces.ts";

/** A flush that takes longer is not waited for, ms, so that it does not delay a batch's answer. */
const FLUSH_MS = 1_000;

const propagator = new AWSXRayPropagator();

/** Traces with OpenTelemetry's SDK. */
export class OtlpTraces implements Traces {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor(exporter: OtlpExporter, program: string, share: number) {
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({ "service.name": `imagefleet-${program}` }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    this.#tracer = this.#provider.getTracer("imagefleet");
  }

  static open(options: TracesOptions & { readonly url: string }): OtlpTraces {
    const exporter = new OtlpExporter(options.url, signerFor(options), options.log);
    return new OtlpTraces(exporter, options.program, options.share);
  }

  begin(parent: string | undefined, at: number): JobTrace {
    const carrier = { [AWSXRAY_TRACE_ID_HEADER]: parent };
    const before = propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    const options = { kind: SpanKind.CONSUMER, startTime: new Date(at) };
    const span = this.#tracer.startSpan("job", options, before);
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const onward: Record<string, string> = {};
    propagator.inject(context, onward, defaultTextMapSetter);
    return {
      header: onward[AWSXRAY_TRACE_ID_HEADER] ?? "",
      end: (end) => this.#end(span, context, end),
    };
  }

  async flush(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_MS);
    });
    // The exporter logs its own errors.
    const sent = this.#provider.forceFlush().catch(() => undefined);
    await Promise.race([sent, late]);
    clearTimeout(timer);
  }

  #end(span: Span, context: Context, end: TraceEnd): void {
    for (const { phase, from, to } of end.timings) {
      this.#tracer.startSpan(phase, { startTime: new Date(from) }, context).end(new Date(to));
    }
    const { outcome } = end;
    span.setAttributes({
      "aws.s3.bucket": end.bucket,
      "aws.s3.key": end.key,
      "imagefleet.lane": end.lane,
      "imagefleet.outcome": outcome.kind,
      "imagefleet.receive_count": end.receiveCount,
    });
    if (outcome.kind === "rejected" || outcome.kind === "failed") {
      span.setAttribute("imagefleet.reason", outcome.reason);
      span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.message });
    }
    span.end(new Date(end.at));
  }
}
