import type { Pool } from 'pg';
import { newId } from '../../new-id.js';
import type { Tx } from '../../database/transaction.js';
import type { Message, OrderSnapshot } from '../../outbox/message.js';
import { consumeOnce } from '../consume-once.js';
import type { Consumer } from '../consumer.js';
import { readOrder } from '../read-order.js';
import {
  advanceOrder,
  findIssued,
  insertDocuments,
  type DocumentDraft,
  type IssuedInvoice,
} from './invoice.queries.js';
import { planDocuments, type NewDocument } from './plan-documents.js';

/**
 * Invoices each order once when it is paid, and corrects the invoice when money is given back.
 *
 * A transaction locks its message, then its order, then the series, and only one of each: nobody
 * waits for somebody who waits for them.
 *
 * @param given.series whose numbers are used, 1 to 40 characters: one without a gap for all orders
 */
export function createInvoicesConsumer(given: {
  readonly pool: Pool;
  readonly series: string;
}): Consumer {
  const name = 'invoices';
  return {
    name,
    types: ['order.*'],
    consume: async (message) => {
      const order = readOrder(message);
      await consumeOnce(given.pool, name, message, (tx) =>
        issueDocuments(tx, given.series, message, order),
      );
    },
  };
}

async function issueDocuments(
  tx: Tx,
  series: string,
  message: Message,
  order: OrderSnapshot,
): Promise<void> {
  const isNews = await advanceOrder(tx, order.reference, message.aggregateversion);
  if (!isNews) return;
  const issued = await findIssued(tx, order.reference);
  const documents = draftDocuments(planDocuments(order, issued), issued);
  if (documents.length === 0) return;
  const source = { orderReference: order.reference, messageId: message.id };
  await insertDocuments(tx, series, source, documents);
}

/** Gives documents their ids; whatever corrects an invoice names it, be it old or among them. */
function draftDocuments(
  planned: readonly NewDocument[],
  issued: IssuedInvoice | null,
): DocumentDraft[] {
  const invoiceId = issued?.invoiceId ?? newId();
  return planned.map((one) =>
    one.kind === 'invoice'
      ? { ...one, id: invoiceId, correctsId: null }
      : { ...one, id: newId(), correctsId: invoiceId },
  );
}
