/** A lane's messages, waiting and in flight, at a moment (ms). */
export interface Look {
  readonly at: number;
  readonly messages: number;
}

/** A rate from less than this is noise, ms. */
const SHORTEST_MS = 500;

/** How many messages a second a lane grows (above 0) or falls by; undefined from too little. */
export function perSecond(looks: readonly Look[]): number | undefined {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined || last.at - first.at < SHORTEST_MS)
    return undefined;
  return ((last.messages - first.messages) / (last.at - first.at)) * 1000;
}
