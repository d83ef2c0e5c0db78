import { Mapping } from "./mapping.ts";
import { checkEventSourceOptions, type EventSourceOptions } from "./options.ts";

/** An SQS event source mapping: what stands between a queue and a function on AWS. */
export interface EventSource {
  /** Messages received and not yet settled: deleted, left or given back. */
  inFlight(): number;
  /** Receives no more and lets the batches in hand end and be settled; what was not invoked is given back. */
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
