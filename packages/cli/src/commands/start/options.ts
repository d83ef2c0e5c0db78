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
}
