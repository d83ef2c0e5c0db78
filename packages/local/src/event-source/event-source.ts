import { Mapping } from "./mapping.ts";
import { checkEventSourceOptions, type EventSourceOptions } from "./options.ts";

/** An SQS event source mapping, which invokes a function with the messages of a queue. */
export interface EventSource {
  /** Messages that were received and are not yet deleted, left or released. */
  inFlight(): number;
  /** Stops receiving, finishes the batches in flight and releases messages that were not invoked. */
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
