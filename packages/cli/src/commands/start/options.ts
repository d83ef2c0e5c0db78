/** What `imagefleet start` was asked for; paths are absolute. */
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
  /** Origins whose pages may read what S3 and SQS answer. */
  readonly corsOrigins: readonly string[];
}
