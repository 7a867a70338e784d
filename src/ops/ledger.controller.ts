import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { LessThan } from 'typeorm';
import { z } from 'zod';
import { AllowReaders, ApiGuard } from '../access/api.guard.js';
import { LedgerTransferEntity } from '../database/ledger.entity.js';
import { OrderEntity } from '../database/payment.entity.js';
import { TollgateError } from '../errors.js';
import { sumAccounts } from '../ledger/ledger.queries.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { pageShape, text, toPage } from './list-query.js';

const ledgerQuery = z.strictObject({ ...pageShape, order: text });

/** The ledger of an order, read only: nothing else can be done to it. */
@ApiTags('ledger')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/ledger')
export class LedgerController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  async list(@Query() query: unknown) {
    const { limit, cursor, order: reference } = readInput(ledgerQuery, query);
    const { reads, command } = this.services.database;
    const order = await reads.getRepository(OrderEntity).findOneBy({ reference });
    if (!order) throw new TollgateError('not_found', 'nothing is known of this order');
    const transfers = await reads.getRepository(LedgerTransferEntity).find({
      where: { orderId: order.id, ...(cursor === undefined ? {} : { id: LessThan(cursor) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    const page = toPage(transfers, limit, presentTransfer);
    return { ...page, balances: await sumAccounts(command, order.id) };
  }
}

/** One debit and one credit of the same amount, and what they were posted for. */
function presentTransfer(transfer: LedgerTransferEntity) {
  const { id, paymentId, debitAccount, creditAccount, currency, amountMinor } = transfer;
  const { factKind, factKey, rule, revision, inboxId, command, postedAt } = transfer;
  return {
    id,
    paymentId,
    debitAccount,
    creditAccount,
    currency,
    amountMinor,
    rule,
    revision,
    fact: { kind: factKind, key: factKey },
    eventId: inboxId,
    command,
    postedAt,
  };
}
