import type { JsonObject } from '../../../src/providers/provider.js';

/**
 * Reads `application/x-www-form-urlencoded` as Stripe does: `metadata[order_id]=1` is an object
 * inside; a list is an object by its indices, `expand[]=a` as well as `expand[0]=a`.
 */
export function decodeForm(text: string): JsonObject {
  const form: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const [first = '', ...inner] = name.split('[').map((part) => part.replace(/\]$/, ''));
    assign(form, [first, ...inner], value);
  }
  return form;
}

function assign(form: Record<string, unknown>, path: readonly string[], value: string): void {
  let place = form;
  for (const name of path.slice(0, -1)) {
    place[name] ??= {};
    place = place[name] as Record<string, unknown>;
  }
  const last = path.at(-1)!;
  place[last === '' ? String(Object.keys(place).length) : last] = value;
}
