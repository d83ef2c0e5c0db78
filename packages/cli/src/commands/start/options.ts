/** The options of `imagefleet start`; paths are absolute. */
export interface StartOptions {
  readonly paths: readonly string[];
  readonly cwd: string;
  readonly once: boolean;
  readonly json: boolean;
  readonly out?: string;
  readonly recipe: string;
  readonly port: number;
  readonly data: string;
  readonly fresh: boolean;
  /** Origins of web pages that may read responses of S3 and SQS. */
  readonly corsOrigins: readonly string[];
  /** How the program is called, and the folder and recipe that it takes by default, for the console. */
  readonly invocation: string;
  readonly defaults: { readonly data: string; readonly recipe: string };
}
