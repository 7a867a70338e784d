import { Inbox1795305600000 } from './1795305600000-inbox.js';
import { Payments1795305600001 } from './1795305600001-payments.js';
import { Idempotency1795392000000 } from './1795392000000-idempotency.js';
import { Checkout1795392000001 } from './1795392000001-checkout.js';
import { Ledger1795478400000 } from './1795478400000-ledger.js';
import { Outbox1795478400001 } from './1795478400001-outbox.js';
import { InvoicesAndAccess1795478400002 } from './1795478400002-invoices-and-access.js';
import { Operations1795564800000 } from './1795564800000-operations.js';
import { Console1795564800001 } from './1795564800001-console.js';
import { MergedReviews1795651200000 } from './1795651200000-merged-reviews.js';
import { UnendedAttempts1795651200001 } from './1795651200001-unended-attempts.js';
import { BodiesInPartitions1795737600000 } from './1795737600000-bodies-in-partitions.js';
import { VacuumSettings1795737600001 } from './1795737600001-vacuum-settings.js';
import { NarrowIndexes1795737600002 } from './1795737600002-narrow-indexes.js';

/** All migrations, oldest first: a literal list, so that none is run that nobody meant. */
export const MIGRATIONS = [
  Inbox1795305600000,
  Payments1795305600001,
  Idempotency1795392000000,
  Checkout1795392000001,
  Ledger1795478400000,
  Outbox1795478400001,
  InvoicesAndAccess1795478400002,
  Operations1795564800000,
  Console1795564800001,
  MergedReviews1795651200000,
  UnendedAttempts1795651200001,
  BodiesInPartitions1795737600000,
  VacuumSettings1795737600001,
  NarrowIndexes1795737600002,
];
