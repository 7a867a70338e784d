import { AccessGrantEntity } from './access-grant.entity.js';
import { InboxConflictEntity, InboxEventEntity } from './inbox-event.entity.js';
import { InvoiceDocumentEntity } from './invoice.entity.js';
import { LedgerTransferEntity } from './ledger.entity.js';
import { DispatchEntity, OutboxMessageEntity } from './outbox.entity.js';
import {
  DisputeEntity,
  OrderEntity,
  PaymentEntity,
  PaymentFactEntity,
  ReviewEntity,
  TransitionEntity,
} from './payment.entity.js';
import { RefundEntity } from './refund.entity.js';

/** Rows that are read through TypeORM: a literal list. */
export const ENTITIES = [
  InboxEventEntity,
  InboxConflictEntity,
  OrderEntity,
  PaymentEntity,
  PaymentFactEntity,
  DisputeEntity,
  RefundEntity,
  ReviewEntity,
  TransitionEntity,
  LedgerTransferEntity,
  OutboxMessageEntity,
  DispatchEntity,
  InvoiceDocumentEntity,
  AccessGrantEntity,
];
