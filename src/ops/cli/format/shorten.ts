const CELL_CHARACTERS_MAX = 80;

/** A text for a column of a table; all of it is in `show` and `--json`. */
export function shorten(text: string, max = CELL_CHARACTERS_MAX): string {
  const characters = Array.from(text); // no half of a pair is left at the end
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}
