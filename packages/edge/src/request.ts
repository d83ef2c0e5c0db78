/**
 * The function for the event `viewer-request`, after the constants of the recipe. The features of the
 * runtime: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 *
 * - An address is the key of a rendition, encoded in any way. The key is decoded once and encoded
 *   again, so that all spellings share one cache entry.
 * - With the extension `auto`, the best format that `Accept` names is taken. Only types that are named
 *   count: a wildcard is what programs send that do not know what they can show. Highest quality first, then
 *   the recipe's order. Everybody else gets the format that most programs can show.
 * - A path must be one that the fleet gives to a source's key (`sourcePath` of core): no other
 *   spelling of it reaches an origin.
 * - The response's function learns by a header that the format was negotiated.
 */
export const REQUEST = String.raw`
const TYPES={avif:"avif",webp:"webp",jpeg:"jpg",jpg:"jpg",png:"png",gif:"gif"};
const SAFE=["jpg","png","gif","webp"];
const MARK="x-imagefleet-auto";

function handler(event){
  const request=event.request;
  delete request.headers[MARK];
  const query=request.querystring.v;
  const v=query&&!query.multiValue&&/^[0-9a-f]{8}$/.test(query.value)?query.value:undefined;
  request.querystring=v===undefined?{}:{v:{value:v}};
  if(request.method!=="GET"&&request.method!=="HEAD")return refused();
  let key;
  try{key=decodeURIComponent(request.uri.slice(1))}catch(e){return refused()}
  const found=keyOf(key,request.headers.accept);
  if(found===undefined)return refused();
  const uri=found.key.split("/").map(encodeURIComponent).join("/");
  if(uri.replace(/%../g,"x").length>1024)return refused();
  request.uri="/"+uri;
  if(found.auto)request.headers[MARK]={value:"1"};
  return request;
}

function keyOf(key,accept){
  if(MANIFESTS&&key.startsWith(MANIFESTS)&&key.endsWith(".json")){
    return isPath(key.slice(MANIFESTS.length,-5))?{key:key}:undefined;
  }
  const m=PATTERN.exec(key);
  if(m){
    const label=LABEL?m[LABEL]:ONLY;
    const exts=LABELS[label].split(",");
    const ext=EXT?m[EXT]:exts[0];
    if(!isPath(m[PATH]))return undefined;
    if(ext==="auto")return negotiated(label,exts,m[PATH],accept);
    return exts.indexOf(ext)<0?undefined:{key:key};
  }
  const parts=key.split("/");
  const at=[0,parts.length-2].filter(function(n){
    return n>=0&&n<=parts.length-2&&Object.prototype.hasOwnProperty.call(SIZES,parts[n]);
  })[0];
  if(at===undefined)return undefined;
  const label=SIZES[parts[at]];
  const path=parts.filter(function(_part,n){return n!==at}).join("/");
  return isPath(path)?negotiated(label,LABELS[label].split(","),path,accept):undefined;
}

function negotiated(label,exts,path,accept){
  const ext=best(exts,accept);
  const filled=TEMPLATE.split(/(\{[a-z]+\})/).map(function(part){
    return part==="{preset}"?label:part==="{path}"?path:part==="{ext}"?ext:part;
  }).join("");
  return {key:filled,auto:true};
}

function best(exts,accept){
  const wanted={};
  const lines=accept?accept.multiValue?accept.multiValue.map(function(each){return each.value}):[accept.value]:[];
  lines.join(",").slice(0,2048).toLowerCase().split(",").forEach(function(item){
    const parts=item.split(";");
    const type=parts[0].trim();
    const ext=type.startsWith("image/")?TYPES[type.slice(6)]:undefined;
    if(ext===undefined)return;
    let q=1;
    parts.slice(1).forEach(function(part){
      const m=/^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/.exec(part);
      if(m)q=Math.min(1,Number(m[1]));
    });
    wanted[ext]=q;
  });
  let found=SAFE.filter(function(ext){return exts.indexOf(ext)>=0})[0]||exts[exts.length-1];
  let most=0;
  exts.forEach(function(ext){
    if((wanted[ext]||0)>most){found=ext;most=wanted[ext]}
  });
  return found;
}

function isPath(path){
  if(/[\u0000-\u001f\u007f-\u009f\\]/.test(path))return false;
  return path.split("/").every(function(part){
    if(part==="%2F"||part==="%2E"||part==="%2E%2E")return true;
    return part!==""&&part!=="."&&part!==".."&&!/%(?!25|5C|7F|[0189][0-9A-F])/.test(part);
  });
}

function refused(){
  return {
    statusCode:404,
    statusDescription:"Not Found",
    headers:{
      "cache-control":{value:"public, max-age=60"},
      "content-type":{value:"text/plain; charset=utf-8"}
    },
    body:{encoding:"text",data:"There is no such image."}
  };
}
`.trim();
