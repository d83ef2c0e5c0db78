import { isImageName } from "../files/input/extensions.ts";
import { printable } from "../terminal/printable.ts";

/** Stands for what differs between the messages of one error. */
const ANY = "*";

/** Characters. The fleet writes up to 500; of another sender's message, no more decides its name. */
const LONGEST = 1_000;

/** Of the fleet's own messages: what follows a URL begins with a colon. A key may contain spaces. */
const S3_URL = /s3:\/\/.*?(?=: |$)/g;
/** JSON strings, and text in quotes that are not apostrophes. */
const QUOTED = /"(?:\\.|[^"\\])*"|`[^`]*`|(?<!\w)'[^']*'(?!\w)/g;
/** A word without the brackets and the punctuation around it. */
const WORD = /^([([{<]*)(.*?)([)\]}>.,:;!?…]*)$/;
const HEX = /^(?=.*\d)[\da-f-]{8,}$/i;
/** An identifier of AWS, such as a request's. */
const ID = /^(?=.*\d)[\w+=-]{16,}$/;
const STARTS_WITH_NUMBER = /^[-+±~#]?\d/;
/** Except the digit in the name of S3. */
const NUMBER = /(?<!\b[Ss])\d+(?:[.,:]\d+)*/g;

/**
 * The name of the error that a dead letter's message is about: the message with `*` in place of
 * numbers, hashes and other ids, quoted text, keys and paths. The name of a name is the name itself.
 *
 * @example
 * messageName("the source has 12 pages or frames and limits.pages is 10");
 * // "the source has * pages or frames and limits.pages is *"
 */
export function messageName(message: string): string {
  let name = message.slice(0, LONGEST).toWellFormed();
  // What is replaced may join its neighbors to something else that is replaced. The text gets
  // shorter, or has fewer other characters, each time.
  for (;;) {
    const next = replaced(name);
    if (next === name) return name;
    name = next;
  }
}

function replaced(text: string): string {
  const words = text.replace(S3_URL, ANY).replace(QUOTED, ANY).trim().split(/\s+/).map(ofWord);
  const kept = words.filter((word, at) => word !== ANY || words[at - 1] !== ANY);
  return printable(kept.join(" ")) || ANY;
}

function ofWord(word: string): string {
  const [, before = "", core = "", after = ""] = WORD.exec(word) ?? [];
  const isReplaced =
    /[/\\]/.test(core) ||
    isImageName(core) ||
    HEX.test(core) ||
    ID.test(core) ||
    STARTS_WITH_NUMBER.test(core);
  return before + (isReplaced ? ANY : core.replace(NUMBER, ANY)) + after;
}
