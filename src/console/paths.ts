/** Where things are shown. Ids and references come from outside, so they are encoded. */
export const eventPath = (id: string) => `/console/events/${encodeURIComponent(id)}`;
export const paymentPath = (id: string) => `/console/payments/${encodeURIComponent(id)}`;
export const orderPath = (reference: string) => `/console/orders/${encodeURIComponent(reference)}`;
export const reviewPath = (id: string) => `/console/reviews/${encodeURIComponent(id)}`;
export const replayPath = (id: string) => `/console/replays/${encodeURIComponent(id)}`;

/** A path with a query; a value may be named more than once. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
): string {
  const pairs = Array.isArray(query) ? query : Object.entries(query);
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();
  return text === '' ? path : `${path}?${text}`;
}
