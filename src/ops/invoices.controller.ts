import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { LessThan } from 'typeorm';
import { z } from 'zod';
import { AllowReaders, ApiGuard } from '../access/api.guard.js';
import { InvoiceDocumentEntity } from '../database/invoice.entity.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { pageShape, text, toPage } from './list-query.js';

const listQuery = z.strictObject({ ...pageShape, order: text.optional() });

/** Invoices and what corrects them, read only. */
@ApiTags('invoices')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/invoices')
export class InvoicesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  async list(@Query() query: unknown) {
    const { limit, cursor, order } = readInput(listQuery, query);
    const documents = await this.services.database.reads.getRepository(InvoiceDocumentEntity).find({
      where: {
        ...(order === undefined ? {} : { orderReference: order }),
        ...(cursor === undefined ? {} : { id: LessThan(cursor) }),
      },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    return toPage(documents, limit, presentDocument);
  }
}

/** A document as the API shows it: an invoice, or what takes from it or adds to it. */
function presentDocument(document: InvoiceDocumentEntity) {
  const { id, series, number, kind, orderReference, currency } = document;
  const { amountMinor, correctsId, issuedAt } = document;
  return {
    id,
    series,
    number,
    kind,
    orderReference,
    currency,
    amountMinor,
    correctsId,
    issuedAt,
  };
}
