/**
 * The only two characters that `JSON.stringify` does not escape and SQS refuses: it accepts the
 * characters of XML 1.0.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const NOT_XML = /[\ufffe\uffff]/g;

/**
 * A value as the JSON body of a message.
 *
 * @example
 * messageBody({ key: "cats/tom.jpg" }); // '{"key":"cats/tom.jpg"}'
 */
export function messageBody(value: object): string {
  return JSON.stringify(value).replace(
    NOT_XML,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
