import { ENCODER, probe, render } from "../image/index.ts";

/** Reads sources and renders them. */
export interface Codec {
  /** Name and version: part of every fingerprint. */
  readonly encoder: string;
  readonly probe: typeof probe;
  readonly render: typeof render;
}

export const CODEC: Codec = { encoder: ENCODER, probe, render };
