import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fillIn, type Table } from '../../scripts/state-machine-doc.mjs';
import { DISPUTE_TRANSITIONS } from '../../src/payments/dispute.states.js';
import { ORDER_TRANSITIONS } from '../../src/payments/order.states.js';
import { DISPUTE_STATES, FACT_KINDS, REFUND_STATES } from '../../src/payments/payment-fact.js';
import { PAYMENT_TRANSITIONS } from '../../src/payments/payment.states.js';
import { REVIEW_REASONS } from '../../src/payments/review-reasons.js';

const page = readFileSync(new URL('../../docs/state-machine.md', import.meta.url), 'utf8');
const tables: Readonly<Record<string, Table>> = {
  payment: PAYMENT_TRANSITIONS,
  order: ORDER_TRANSITIONS,
  dispute: DISPUTE_TRANSITIONS,
};

describe('docs/state-machine.md', () => {
  it('shows the tables as they are; "npm run docs:state-machine" writes them', () => {
    expect(page).toBe(fillIn(page, tables));
  });

  it.each(Object.entries(tables))('has a cell for every pair of the %s table', (name, table) => {
    const generated = page.split(`<!-- begin generated: ${name} -->`)[1] ?? '';
    const verdicts = Object.values(table).flatMap((row) => Object.values(row));
    const cells = generated
      .slice(0, generated.indexOf('```'))
      .split('|')
      .map((cell) => cell.trim())
      .filter((cell) => ['same', 'move', 'review', 'never'].includes(cell));
    expect(cells).toEqual(verdicts);
  });

  it.each([...FACT_KINDS, ...REVIEW_REASONS, ...REFUND_STATES, ...DISPUTE_STATES])(
    'speaks of %s',
    (word) => {
      expect(page).toContain(`\`${word}\``);
    },
  );

  it('refuses a page without the place for a table', () => {
    expect(() => fillIn('# Nothing', tables)).toThrow('begin generated: payment');
  });
});
