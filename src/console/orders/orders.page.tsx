import { Inject, Param, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { listOrders, ORDER_STATUSES } from '../../ops/orders/list-orders.js';
import { showOrder, showOrderTimeline } from '../../ops/orders/show-order.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { Badge } from '../components/badge.js';
import { givenFilters } from '../given-filters.js';
import { Page, Pages } from '../page-routes.js';
import { readList } from '../read-list.js';
import { renderPage } from '../render-page.js';
import { OrderList } from './order-list.js';
import { OrderBody } from './order-view.js';

/** What customers owe, and what they paid of it. */
@Pages('console/orders')
export class OrderPages {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const filters = givenFilters(query);
    const list = await readList(() => listOrders(this.services, filters));
    return renderPage(this.services, request, {
      title: 'Orders',
      section: 'orders',
      body: (
        <OrderList
          list={list}
          filters={filters}
          fields={[
            { name: 'reference', label: 'Reference', placeholder: 'complete' },
            { name: 'status', label: 'Status', options: ORDER_STATUSES },
          ]}
        />
      ),
    });
  }

  @Page(':reference')
  async show(
    @Param('reference') reference: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    const [order, timeline] = await Promise.all([
      showOrder(this.services, reference),
      showOrderTimeline(this.services, reference),
    ]);
    const { kind } = givenFilters(query);
    return renderPage(this.services, request, {
      title: `Order ${order.reference}`,
      section: 'orders',
      aside: <Badge status={order.status} />,
      body: <OrderBody order={order} timeline={timeline} kind={kind} />,
    });
  }
}
