/** What moves a cursor, sets a title or fills a clipboard: CSI, OSC, DCS and their like. */
const ESCAPE_SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;

const LINE_BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** Other control characters, and what is not seen but turns around or hides what stands beside it. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/**
 * A text from outside as it may be written to a terminal: on one line, and without anything that a
 * terminal would obey. Whoever signs an event chooses its type and its references.
 */
export function printable(text: string): string {
  return text
    .replaceAll(ESCAPE_SEQUENCES, '')
    .replaceAll(LINE_BREAKS, ' ')
    .replaceAll(UNSEEN, '\ufffd');
}

/** JSON that a terminal may show as well: what JSON itself lets through is escaped. */
export function printableJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return json.replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    escape,
  );
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
