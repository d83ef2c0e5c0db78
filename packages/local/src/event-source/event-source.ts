import { Mapping } from "./mapping.ts";
import { checkEventSourceOptions, type EventSourceOptions } from "./options.ts";

/** An SQS event source mapping: what stands between a queue and a function on AWS. */
export interface EventSource {
  /** Messages received and not yet settled: deleted, left or released. */
  inFlight(): number;
  /** Receives no more, and lets the batches in flight end and be settled. Releases the messages that were not invoked. */
  stop(): Promise<void>;
}

/** @throws EventSourceOptionsError */
export function startEventSource(options: EventSourceOptions): EventSource {
  checkEventSourceOptions(options);
  const mapping = new Mapping(options);
  const running = mapping.run();
  return {
    inFlight: () => mapping.inFlight,
    stop: () => {
      mapping.stopping.abort();
      return running;
    },
  };
}
