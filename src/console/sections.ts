import type { IconName } from './icons.js';

/** A place in the navigation. */
export interface Section {
  readonly title: string;
  readonly path: string;
  readonly icon: IconName;
  /** Which of the counts stands beside its name. */
  readonly badge?: 'deadLetters' | 'openReviews';
}

/** The navigation, in the order in which it is shown: what goes on, the money, the machine. */
export const SECTIONS = {
  overview: { title: 'Overview', path: '/console', icon: 'overview' },
  events: { title: 'Events', path: '/console/events', icon: 'events' },
  'dead-letters': {
    title: 'Dead letters',
    path: '/console/dead-letters',
    icon: 'deadLetters',
    badge: 'deadLetters',
  },
  replays: { title: 'Replays', path: '/console/replays', icon: 'replays' },
  reviews: {
    title: 'Reviews',
    path: '/console/reviews',
    icon: 'reviews',
    badge: 'openReviews',
  },
  payments: { title: 'Payments', path: '/console/payments', icon: 'payments' },
  orders: { title: 'Orders', path: '/console/orders', icon: 'orders' },
  audit: { title: 'Audit', path: '/console/audit', icon: 'audit' },
  queues: { title: 'Queues', path: '/console/queues', icon: 'queues' },
  settings: { title: 'Settings', path: '/console/settings', icon: 'settings' },
} as const satisfies Readonly<Record<string, Section>>;

export type SectionName = keyof typeof SECTIONS;
