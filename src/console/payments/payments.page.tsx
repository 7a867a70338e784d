import { Inject, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { listPayments, type PaymentView } from '../../ops/payments/list-payments.js';
import { showPayment } from '../../ops/payments/show-payment.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results, type FilterField } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Pager } from '../components/pager.js';
import { givenFilters } from '../given-filters.js';
import { Page, Pages } from '../page-routes.js';
import { readList, type ReadList } from '../read-list.js';
import { renderPage } from '../render-page.js';
import { PaymentTable } from './payment-table.js';
import { PaymentBody } from './payment-view.js';

const PATH = '/console/payments';

/** Payments as the facts make them. */
@Pages('console/payments')
export class PaymentPages {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const filters = givenFilters(query);
    const list = await readList(() => listPayments(this.services, filters));
    const fields: readonly FilterField[] = [
      { name: 'status', label: 'Status', options: STATUSES },
      { name: 'provider', label: 'Provider', options: [...this.services.providers.keys()] },
      { name: 'providerPaymentId', label: 'Id at the provider', placeholder: 'pi_…, complete' },
    ];
    return renderPage(this.services, request, {
      title: 'Payments',
      section: 'payments',
      body: <PaymentList list={list} filters={filters} fields={fields} />,
    });
  }

  @Page(':id')
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    const payment = await showPayment(this.services, id);
    const { kind } = givenFilters(query);
    return renderPage(this.services, request, {
      title: `Payment ${payment.providerPaymentId ?? payment.id}`,
      section: 'payments',
      aside: <Badge status={payment.status} />,
      body: <PaymentBody payment={payment} kind={kind} />,
    });
  }
}

const STATUSES: readonly string[] = [
  'initiated',
  'pending',
  'authorized',
  'failed',
  'cancelled',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
];

function PaymentList({
  list: { page, problem },
  filters,
  fields,
}: {
  readonly list: ReadList<PaymentView>;
  readonly filters: Readonly<Record<string, string>>;
  readonly fields: readonly FilterField[];
}) {
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <>
      <FilterForm path={PATH} fields={fields} filters={filters} />
      <Results>
        <FilterProblem problem={problem} />
        {problem === null && (
          <>
            <PaymentTable
              payments={page.data}
              caption="Payments, newest first"
              isOfOrder={false}
              empty={
                <EmptyState title={isFiltered ? 'No payment matches' : 'No payments yet'}>
                  A payment appears with the first event about it. Send yourself one:{' '}
                  <code>npm run send -- stripe payment_intent.succeeded</code>
                </EmptyState>
              }
            />
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </>
        )}
      </Results>
    </>
  );
}
