// The recipe lab's answers: see packages/cli/src/lab.
import { post, postLines } from "./api.ts";

export type Format = "jpeg" | "webp" | "avif";

/** Fields of a preset that can be changed. */
interface Setting {
  readonly quality?: number;
  readonly effort?: number;
  readonly mozjpeg?: boolean;
}

export interface Preset extends Setting {
  readonly preset: string;
  readonly label: string;
  readonly format: string;
  readonly width?: number;
  readonly height?: number;
  readonly when: "upload" | "request";
  readonly encoding: "as-set" | "by-content";
  readonly editable: readonly {
    readonly field: "quality" | "effort" | "mozjpeg";
    readonly from?: number;
    readonly to?: number;
  }[];
}

export interface Change extends Setting {
  readonly preset: string;
  readonly label: string;
  readonly format: Format;
}

export interface Rendition {
  readonly picture: string;
  readonly label: string;
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly score: number;
}

/** What a setting makes of the sample: means, and the cost of a million renditions. */
export interface Result extends Setting {
  readonly preset: string;
  readonly label: string;
  readonly format: string;
  readonly bytes: number;
  readonly score: number;
  readonly worstTenth: number;
  readonly cpuMs: number;
  readonly millionUsd: number;
  readonly millionCpuSeconds: number;
  readonly renditions: readonly Rendition[];
}

/** All presets of a million pictures. */
export interface Total {
  readonly bytes: number;
  readonly cpuMs: number;
  readonly lambdaUsd: number;
  readonly s3Usd: number;
  readonly transferUsd: number;
  readonly totalUsd: number;
  readonly storageUsdAMonth: number;
}

export interface Sample {
  readonly pictures: readonly {
    readonly id: string;
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly bytes: number;
  }[];
  readonly presets: readonly Preset[];
  readonly rejected: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

export interface Edit {
  readonly line: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Takes a sample. @param onProgress how many sources are listed and how many are prepared */
export async function openSample(
  targets: readonly string[],
  onProgress: (listed: number, prepared: number) => void,
  abort: AbortSignal,
): Promise<Sample> {
  let sample: Sample | undefined;
  type Line = { readonly listed: number; readonly prepared: number } | Sample;
  await postLines<Line>("/api/lab/open", { targets }, abort, (line) => {
    if ("pictures" in line) sample = line;
    else onProgress(line.listed, line.prepared);
  });
  if (sample === undefined) throw new Error("The sample was interrupted.");
  return sample;
}

/** Measures the recipe as it is. */
export async function measureAll(
  views: number,
  onResult: (result: Result) => void,
  abort: AbortSignal,
): Promise<Total | undefined> {
  let total: Total | undefined;
  type Line = { readonly result: Result } | { readonly total: Total };
  await postLines<Line>("/api/lab/all", { views }, abort, (line) => {
    if ("total" in line) total = line.total;
    else onResult(line.result);
  });
  return total;
}

export const measure = (change: Change, views: number, abort: AbortSignal) =>
  post<Result>("/api/lab/measure", { change, views }, abort);
export const lineOf = (change: Change) => post<Edit>("/api/lab/line", { change });
export const writeChanges = (changes: readonly Change[]) =>
  post<{ written: readonly string[]; presets: readonly Preset[] }>("/api/lab/write", { changes });

export const imageUrl = (id: string) => `/api/lab/image?${new URLSearchParams({ id })}`;
export const referenceUrl = (picture: string, label: string) =>
  `/api/lab/reference?${new URLSearchParams({ picture, label })}`;
