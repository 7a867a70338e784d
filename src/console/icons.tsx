/** Signs beside the names of the sections: they help the eye and say nothing to a screen reader. */
const PATHS = {
  overview: 'M2.5 13.5h11M4 11V8M8 11V3.5M12 11V6',
  events: 'M3 4h10M3 8h10M3 12h6',
  deadLetters: 'M2.5 4.5h11v7.5h-11zM2.5 5l5.5 4 5.5-4',
  replays: 'M13 8a5 5 0 1 1-1.6-3.6M13 2v3h-3',
  reviews:
    'M2.5 8S4.5 4 8 4s5.5 4 5.5 4-2 4-5.5 4-5.5-4-5.5-4zM8 9.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4z',
  payments: 'M2.5 4h11v8h-11zM2.5 6.8h11M5 9.8h2',
  orders: 'M4 2.5h8v11l-2-1.2-2 1.2-2-1.2-2 1.2zM6 5.5h4M6 8h4',
  audit: 'M8 2.5l5 2v3.5c0 3-2 4.8-5 5.5-3-.7-5-2.5-5-5.5V4.5zM6 8l1.5 1.5L10.2 6.8',
  queues: 'M3 3h10v2.5H3zM3 6.8h10v2.5H3zM3 10.5h10V13H3z',
  settings: 'M3 5h6M12 5h1M3 11h1M7 11h6M10.5 6.5v-3M5.5 12.5v-3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
