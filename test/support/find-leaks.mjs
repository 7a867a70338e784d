/**
 * What no log may hold, searched for in what processes have printed. Shares no code with the logger
 * that it judges.
 */

/** What looks like a secret, whosever it is. */
const SHAPES = [
  ['an API key', /\b(?:sk|rk)_(?:test|live)_\w{6,}/],
  ['a webhook secret', /\bwhsec_[\w+/=-]{6,}/],
  ['a client secret', /\w_secret_\w{6,}/],
  ['credentials', /\b(?:Bearer|Basic) [\w.~+/=-]{8,}/],
  ['a password in a URL', /\b[a-z]+:\/\/[^\s:/@"]*:[^\s/@"]+@/],
];

/**
 * Digits together or in the groups in which they are printed, none of them a part of an id or of a
 * fraction. Thirteen of them are a card only if the first is a 4; otherwise they are a time.
 */
const CARD =
  /(?<![\w.-])(?:4\d{12}|\d{14,19}|\d{4}(?:[ -]\d{4}){2}[ -]\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w-])/;

/**
 * What the embedded default prints for the person who has started it, and for nobody else: the
 * development secrets and the address of its database, on lines that are no entries of the log.
 */
const PRINTED_ON_PURPOSE = [
  / {3}signed with development-secret-of-[a-z]+$/,
  /^ {2}operator token: development-operator-token$/,
  /^Database postgres:\/\/\S+$/,
];

/**
 * Every line that holds a secret or a card number, with what it is and the line without it.
 *
 * @param text what a process has printed
 * @param secrets values, by what they are
 */
export function findLeaks(text, secrets) {
  const known = new Map(
    [...secrets].flatMap(([value, what]) => writingsOf(value).map((written) => [written, what])),
  );
  const words = [...known.keys()].sort((one, other) => other.length - one.length).map(escape);
  const shapes = SHAPES.map(([, shape]) => shape.source);
  const everything = new RegExp(
    [...words.map((word) => `(?:${word})`), ...shapes, CARD.source].join('|'),
    'g',
  );
  const leaks = [];
  for (const line of text.split('\n')) {
    if (PRINTED_ON_PURPOSE.some((pattern) => pattern.test(line))) continue;
    const found = [...line.matchAll(everything)]
      .map(([word]) => ({ word, what: nameOf(known, word) }))
      .filter(({ what }) => what !== null);
    for (const { what } of found) leaks.push({ what, line: shorten(line, found, what) });
  }
  return leaks;
}

/** As it is, as a part of a URL, and as somebody encodes what he wants to hide. */
function writingsOf(value) {
  const json = JSON.stringify(value).slice(1, -1);
  return [value, json, encodeURIComponent(value), Buffer.from(value).toString('base64')];
}

/** What was found; null: digits that are no card. */
function nameOf(known, word) {
  const what = known.get(word) ?? SHAPES.find(([, shape]) => shape.test(word))?.[0];
  if (what !== undefined) return what;
  return isCardNumber(word.replace(/[ -]/g, '')) ? 'a card number' : null;
}

/** Luhn: from the right, every second digit doubled. */
function isCardNumber(digits) {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const weighted = index % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

const SHOWN_CHARACTERS = 120;

/** Where it was, without anything that was found in the line. */
function shorten(line, found, what) {
  const shown = found.reduce((text, one) => text.replaceAll(one.word, `«${one.what}»`), line);
  const at = shown.indexOf(`«${what}»`);
  return shown.slice(Math.max(0, at - SHOWN_CHARACTERS), at + SHOWN_CHARACTERS);
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
