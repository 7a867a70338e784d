/** Deeper than any provider nests; JSON of an answer is written recursively. */
const DEPTH_MAX = 64;
const OPENING = new Set([0x5b, 0x7b]); // [ and {
const CLOSING = new Set([0x5d, 0x7d]); // ] and }

/**
 * A stored body for a person to read: the parsed JSON, or null when it is none or is nested so
 * deeply that writing it would overflow the stack. The bytes themselves stay as they are.
 */
export function showPayload(body: Buffer): unknown {
  if (nestingOf(body) > DEPTH_MAX) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** An upper bound of the nesting: brackets within strings count too. */
function nestingOf(body: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (const byte of body) {
    if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}
