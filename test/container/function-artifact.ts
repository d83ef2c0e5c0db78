/** The function as SST bundles it, built before the tests of the container project. */
export interface FunctionArtifact {
  /** The folder that contains only the unpacked artifact. */
  readonly folder: string;
  /** The folder of bare.mjs: only the function's required packages, bundled in the same way. */
  readonly bare: string;
  /** The handler as Lambda's setting: module and export. */
  readonly handler: string;
  readonly zipBytes: number;
  readonly unpackedBytes: number;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Undefined without a container engine. */
    functionArtifact: FunctionArtifact | undefined;
  }
}
