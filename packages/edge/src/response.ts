/**
 * The function for the event `viewer-response`.
 *
 * - `Vary: Accept` where the format was negotiated, and nowhere else. CloudFront removes it from an
 *   origin's answer, as `Accept` is not part of the cache key.
 *   https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
 *   AWS does not document whether `event.request` is the request of the viewer or what the
 *   request's function made of it: both the address and the mark are looked at.
 * - With the version of its content (`v`), an answer never changes: browsers may keep it for a year.
 *   A version that is not that of the answer, because the content was replaced meanwhile, changes
 *   nothing.
 * - Metadata of the fleet and of S3 are of no use to viewers.
 */
export const RESPONSE = String.raw`
function handler(event){
  const request=event.request;
  const response=event.response;
  const headers=response.headers;
  if(request.headers["x-imagefleet-auto"]||/(?:^|[./])auto(?:$|\/)/.test(request.uri))headers.vary={value:"Accept"};
  const etag=headers["x-amz-meta-imagefleet-source-etag"];
  const v=request.querystring.v;
  if(v&&/^[0-9a-f]{8}$/.test(v.value)&&etag&&response.statusCode<400&&etag.value.replace(/"/g,"").startsWith(v.value)&&!headers["x-imagefleet-substitute"]){
    headers["cache-control"]={value:"public, max-age=31536000, immutable"};
  }
  Object.keys(headers).forEach(function(name){
    if(name.startsWith("x-amz-meta-")||name.startsWith("x-amz-server-side-encryption")||name==="x-amz-tagging-count")delete headers[name];
  });
  return response;
}
`.trim();
