/** The function as sst bundles it, made before the tests of the container project. */
export interface FunctionArtifact {
  /** Where it is unpacked, and nothing else lies. */
  readonly folder: string;
  /** Where bare.mjs lies: the packages that it cannot do without, bundled alike. */
  readonly bare: string;
  /** The handler as Lambda's setting: module and export. */
  readonly handler: string;
  readonly zipBytes: number;
  readonly unpackedBytes: number;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Absent where there is no engine to run it in. */
    functionArtifact: FunctionArtifact | undefined;
  }
}
