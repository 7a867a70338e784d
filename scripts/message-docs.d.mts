import type * as dispatch from '../src/outbox/dispatch.js';
import type * as message from '../src/outbox/message.js';
import type * as orderDrafts from '../src/payments/order-drafts.js';
import type * as planRing from '../src/payments/plan-ring.js';
import type * as tell from '../src/payments/tell.js';
import type * as queues from '../src/queues/queues.js';

/** What the documents are generated of: all that these modules export. */
export type Code = typeof dispatch &
  typeof message &
  typeof orderDrafts &
  typeof planRing &
  typeof tell &
  typeof queues;

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

export const MODULES: readonly string[];
export function renderDocuments(code: Code): Promise<Record<string, string>>;
export function messageSchemas(code: Code, manner: 'tolerant' | 'strict'): Record<string, Schema>;
export function fillIn(page: string, code: Code, example: object): string;
