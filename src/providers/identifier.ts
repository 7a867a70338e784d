/** Longest identifier that is stored, in UTF-16 units; the columns hold as many characters. */
const LENGTH_MAX = 255;

/** Control characters, and surrogates without their partner: Postgres or a log would choke. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * Whether text from outside can be stored and compared as an identifier: a string of 1 to 255
 * characters, well formed, without control characters. Nothing else is asked: `:`, `/` and emoji
 * are fine, because an identifier is only ever a value.
 */
export function isUsableIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= LENGTH_MAX &&
    !UNSTORABLE.test(value)
  );
}
