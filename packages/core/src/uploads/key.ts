import { decodeTime, ulid } from "ulid";

/** The template of the keys of uploads, after the recipe's `source.prefix`, unless a setting has another. */
export const UPLOAD_KEY = "uploads/{user}/{id}.{ext}";

/** The longest id of a user, bytes of UTF-8: encoded, it fits a key of S3 with room for the rest. */
export const MAX_USER_BYTES = 256;

/** An upload that a key names. */
export interface NamedUpload {
  readonly user: string;
  /** A ULID, which has the time of the request. */
  readonly id: string;
}

const WORDS = ["{user}", "{id}", "{ext}"] as const;
const ULID = "[0-9A-HJKMNP-TV-Z]{26}";

/**
 * The keys of uploads: made for a user and read back, so that everything that the catalog knows of an
 * upload can be made again from what S3 has.
 */
export interface UploadKeys {
  /** What all keys of uploads begin with. It ends with `/`. */
  readonly prefix: string;
  /** The key of a new upload. @param now ms since the epoch */
  make(user: string, ext: string, now: number): string;
  /** The upload that has such a key; undefined when none has. */
  read(key: string): NamedUpload | undefined;
}

/**
 * How the keys of uploads are made and read.
 *
 * @param template with `{user}`, `{id}` and `{ext}`, each once
 * @param sourcePrefix the recipe's `source.prefix`
 * @throws Error naming what is wrong with the template
 *
 * @example
 * uploadKeys(UPLOAD_KEY, "").make("alice", "jpg", Date.now()); // "uploads/alice/01KB2…8Q.jpg"
 */
export function uploadKeys(template: string, sourcePrefix: string): UploadKeys {
  const issue = whyNoTemplate(template);
  if (issue !== undefined) throw new Error(`uploads.key is ${JSON.stringify(template)}: ${issue}`);
  const pattern = new RegExp(
    `^${RegExp.escape(sourcePrefix + template)
      .replace(RegExp.escape("{user}"), "(?<user>[A-Za-z0-9_~-]+)")
      .replace(RegExp.escape("{id}"), `(?<id>${ULID})`)
      .replace(RegExp.escape("{ext}"), "[a-z0-9]+")}$`,
  );
  const [prefix = ""] = template.split("{user}");
  return {
    prefix: sourcePrefix + prefix,
    make: (user, ext, now) =>
      sourcePrefix +
      template.replace("{user}", segmentOf(user)).replace("{id}", ulid(now)).replace("{ext}", ext),
    read(key) {
      const { user: segment = "", id = "" } = pattern.exec(key)?.groups ?? {};
      const user = userOf(segment);
      return user === undefined ? undefined : { user, id };
    },
  };
}

/**
 * What is wrong with a template; undefined for a good one.
 *
 * @example
 * whyNoTemplate("uploads/{user}.{ext}"); // "it must have {id} once"
 */
export function whyNoTemplate(template: string): string | undefined {
  for (const word of WORDS) {
    if (template.split(word).length !== 2) return `it must have ${word} once`;
  }
  const [before = ""] = template.split("{user}");
  if (!/^([A-Za-z0-9_-]+\/)+$/.test(before)) {
    return "it must begin with a folder of letters, digits, - and _, and {user} must follow it";
  }
  if (!/^[A-Za-z0-9_/-]*\{user\}\/[A-Za-z0-9_/-]*\{id\}\.\{ext\}$/.test(template)) {
    return 'after {user} it must have a "/", and it must end with {id}.{ext}';
  }
  return undefined;
}

/**
 * When the upload of an id was requested, ms since the epoch.
 *
 * @example
 * requestedAt({ id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }); // 1469922850259
 */
export function requestedAt({ id }: Pick<NamedUpload, "id">): number {
  return decodeTime(id);
}

/** A segment of a key for a user: any text, none of which can leave its folder or equal another's. */
function segmentOf(user: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(user)) return user;
  if (user === "" || !user.isWellFormed() || Buffer.byteLength(user) > MAX_USER_BYTES) {
    throw new Error(`a user's id must have 1 to ${MAX_USER_BYTES} bytes of UTF-8`);
  }
  return `~${Buffer.from(user).toString("base64url")}`;
}

function userOf(segment: string): string | undefined {
  const user = segment.startsWith("~")
    ? Buffer.from(segment.slice(1), "base64url").toString()
    : segment;
  // One user has one segment, so that nobody has a second folder.
  return user !== "" && Buffer.byteLength(user) <= MAX_USER_BYTES && segmentOf(user) === segment
    ? user
    : undefined;
}
