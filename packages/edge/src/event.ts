/**
 * The events of CloudFront Functions, as far as they are used here:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 *
 * `uri` and the query are as the viewer has encoded them, in UTF-8:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-encoding
 */
export interface EdgeRequest {
  readonly method: string;
  readonly uri: string;
  readonly querystring: EdgeFields;
  /** Names in lower case. */
  readonly headers: EdgeFields;
  readonly cookies: EdgeFields;
}

/** Header fields, or parameters of a query. */
export type EdgeFields = Readonly<Record<string, EdgeField>>;

export interface EdgeField {
  readonly value: string;
  /** All values, if there are several. */
  readonly multiValue?: readonly { readonly value: string }[];
}

export interface EdgeResponse {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly headers: EdgeFields;
  readonly cookies?: EdgeFields;
  /** Only of an answer that the function itself gives. */
  readonly body?: { readonly encoding: "text"; readonly data: string };
}

/** The event of the viewer request. */
export interface RequestEvent {
  readonly version: "1.0";
  readonly context: { readonly eventType: "viewer-request" };
  readonly viewer: { readonly ip: string };
  readonly request: EdgeRequest;
}

/** The event of the viewer response; `request` is as the function of the viewer request has left it. */
export interface ResponseEvent {
  readonly version: "1.0";
  readonly context: { readonly eventType: "viewer-response" };
  readonly viewer: { readonly ip: string };
  readonly request: EdgeRequest;
  readonly response: EdgeResponse;
}
