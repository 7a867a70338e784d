/** Where things are shown. Ids and references come from outside, so they are encoded. */
export const eventPath = (id: string) => `/console/events/${encodeURIComponent(id)}`;
export const paymentPath = (id: string) => `/console/payments/${encodeURIComponent(id)}`;
export const orderPath = (reference: string) => `/console/orders/${encodeURIComponent(reference)}`;
export const reviewPath = (id: string) => `/console/reviews/${encodeURIComponent(id)}`;
export const replayPath = (id: string) => `/console/replays/${encodeURIComponent(id)}`;

type Pairs = readonly (readonly [name: string, value: string])[];

/** A path with a query; a value may be named more than once. */
export function withQuery(path: string, query: Readonly<Record<string, string>> | Pairs): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of isPairs(query) ? query : Object.entries(query)) {
    pairs.append(name, value);
  }
  const text = pairs.toString();
  return text === '' ? path : `${path}?${text}`;
}

function isPairs(query: object): query is Pairs {
  return Array.isArray(query);
}
