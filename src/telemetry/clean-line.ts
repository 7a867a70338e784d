/** Docker cuts the lines of its log files at 16 KiB, and half a line is no JSON. */
const LINE_CHARACTERS_MAX = 16_000;
/** What is left of each text of a line that is too long. */
const TEXT_CHARACTERS_MAX = 2000;

/** Deletes and C1 controls, line separators and what turns text around: JSON lets them through. */
const CONTROL = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * What may be a card number, so that nearly all lines are only looked at once. The fraction of a
 * measured number is none, though it has as many digits.
 */
const SUSPECT = /\d{14}(?<![^\\]":-?\d+\.\d+)|\d{4}[ -]\d{4,6}[ -]\d{4}/;

/**
 * Hashes and UUIDs as a whole, which are left as they are; or a card number: digits together, or in
 * the groups in which they are printed. Digits at a letter, an underscore or a dash are a part of an
 * id, and thirteen of them a time, of which every tenth would pass for a card: without its id a line
 * tells nothing.
 */
const CARD =
  /[0-9a-f]{32,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![\w-])\d{14,19}(?![\w-])|(?<![\d-])\d{4}(?:[ -]\d{4}){2}[ -]\d{1,7}(?![\d-])|(?<![\d-])\d{4}[ -]\d{6}[ -]\d{4,5}(?![\d-])/gi;

/**
 * The last look at a line of JSON before it is written: without card numbers and raw control
 * characters, and of bounded length, whatever a provider or a client has put into it.
 */
export function cleanLine(line: string): string {
  const isShort = line.length <= LINE_CHARACTERS_MAX;
  const cleaned = isShort && !SUSPECT.test(line) ? line : rewrite(line, isShort);
  return cleaned.replace(CONTROL, escape);
}

function rewrite(line: string, isShort: boolean): string {
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const clean = (text: string) => (isShort ? redact(text) : shorten(redact(text)));
  const written = `${JSON.stringify(walk(entry, clean))}\n`;
  if (written.length <= LINE_CHARACTERS_MAX) return written;
  // Many fields, each of them short: what they say is lost, that there was something is not.
  const { level, time, service, pid, msg } = entry;
  const rest = { level, time, service, pid, msg, leftOutCharacters: line.length };
  return `${JSON.stringify(walk(rest, (text) => shorten(redact(text))))}\n`;
}

/** Cleans every text, key and number of a value. */
function walk(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Number.isInteger(value)) {
    const text = String(value);
    return redact(text) === text ? value : redact(text);
  }
  if (Array.isArray(value)) return value.map((one) => walk(one, clean));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [clean(key), walk(one, clean)]);
  return Object.fromEntries(entries) as unknown;
}

/** Keeps the last four digits, by which a person can tell one card from another. */
function redact(text: string): string {
  return text.replace(CARD, (found) => {
    const digits = found.replace(/[ -]/g, '');
    return isCardNumber(digits) ? `[card …${digits.slice(-4)}]` : found;
  });
}

function isCardNumber(digits: string): boolean {
  if (!/^\d{14,19}$/.test(digits)) return false;
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

function shorten(text: string): string {
  if (text.length <= TEXT_CHARACTERS_MAX) return text;
  return `${text.slice(0, TEXT_CHARACTERS_MAX)}… (${text.length} characters)`;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
