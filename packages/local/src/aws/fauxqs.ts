import type { BuildAppOptions, buildApp } from "fauxqs";

/**
 * The version of fauxqs that this folder supports. It imports internals by path, so any other version,
 * even a patch, must be reviewed first.
 */
export const writtenFor = "2.4.1";

// fauxqs exports only its entry point; a file URL is not subject to that.
const dist = new URL(".", import.meta.resolve("fauxqs"));
const load = (path: string) => import(new URL(path, dist).href);

type Stores = NonNullable<BuildAppOptions["stores"]>;
type Persistence = NonNullable<Stores["sqsStore"]["persistence"]>;

export type App = ReturnType<typeof buildApp>;
export type Request = Parameters<App["errorHandler"]>[1];
export type Reply = Parameters<App["errorHandler"]>[2];

export type SqsQueueBase = ReturnType<Stores["sqsStore"]["createQueue"]>;
export type SqsMessage = SqsQueueBase["messages"][number];
export type ReceivedMessage = ReturnType<SqsQueueBase["dequeue"]>[number];
export type S3Object = ReturnType<Stores["s3Store"]["headObject"]>;
export type MultipartUpload = Parameters<Stores["s3Store"]["restoreMultipartUpload"]>[0];
export type MultipartPart = Parameters<Persistence["upsertMultipartPart"]>[1];
type ChecksumAlgorithm = NonNullable<S3Object["checksumAlgorithm"]>;

type SqsStoreModule = {
  SqsQueue: new (...args: ConstructorParameters<QueueConstructor>) => SqsQueueBase;
  SqsStore: {
    new (): Stores["sqsStore"];
    createMessage(body: string, attributes?: object, delaySeconds?: number): SqsMessage;
  };
};
type QueueConstructor = new (
  name: string,
  url: string,
  arn: string,
  attributes?: Record<string, string>,
  tags?: Record<string, string>,
) => SqsQueueBase;

type ErrorsModule = {
  S3Error: new (
    code: string,
    message: string,
    status?: number,
    resource?: string,
  ) => Error & {
    code: string;
    statusCode: number;
    toXml(): string;
  };
  SqsError: new (
    code: string,
    message: string,
    status?: number,
    senderFault?: boolean,
    queryCode?: string,
  ) => Error & {
    statusCode: number;
    queryErrorHeader: string;
    toJSON(): { __type: string; message: string };
  };
  SnsError: new (
    code: string,
    message: string,
    status?: number,
  ) => Error & {
    code: string;
    statusCode: number;
  };
};

type ChecksumModule = {
  computeChecksum(algorithm: ChecksumAlgorithm, data: Buffer): string;
  computeCompositeChecksum(algorithm: ChecksumAlgorithm, parts: string[]): string;
};

type AppModule = {
  buildApp(options: { logger: boolean; stores: Stores }): App;
};

export const { buildApp: buildFauxqs }: AppModule = await load("app.js");
export const { SqsQueue, SqsStore }: SqsStoreModule = await load("sqs/sqsStore.js");
export const { INVALID_MESSAGE_BODY_CHAR }: { INVALID_MESSAGE_BODY_CHAR: RegExp } =
  await load("sqs/sqsTypes.js");
export const { SnsStore }: { SnsStore: new () => Stores["snsStore"] } =
  await load("sns/snsStore.js");
export const { S3Store }: { S3Store: new () => Stores["s3Store"] } = await load("s3/s3Store.js");
export const { computeChecksum, computeCompositeChecksum }: ChecksumModule =
  await load("s3/checksum.js");
export const { S3Error, SnsError, SqsError }: ErrorsModule = await load("common/errors.js");
export const { snsErrorResponse }: { snsErrorResponse(code: string, message: string): string } =
  await load("common/xml.js");
export const { PersistenceManager }: { PersistenceManager: new (dataDir: string) => Persistence } =
  await load("persistence.js");
