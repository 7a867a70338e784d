import { Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { listQueues, type QueueList, type QueueView } from '../../ops/queues/list-queues.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { Dash } from '../components/money.js';
import { Table, type Column } from '../components/table.js';
import { describeSeconds } from '../describe-age.js';
import { Page, Pages } from '../page-routes.js';
import { renderPage } from '../render-page.js';

/** What stands in the queues, and what it means when they are not empty. */
@Pages('console/queues')
export class QueuesPage {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Req() request: FastifyRequest): Promise<string> {
    const queues = await listQueues(this.services);
    return renderPage(this.services, request, {
      title: 'Queues',
      section: 'queues',
      body: <QueuesView queues={queues} />,
    });
  }
}

const BACKENDS = { redis: 'Redis', postgres: 'PostgreSQL' } as const;

function QueuesView({ queues: { backend, data } }: { readonly queues: QueueList }) {
  return (
    <div
      id="queues"
      hx-get="/console/queues"
      hx-trigger="every 5s"
      hx-select="#queues"
      hx-swap="outerHTML"
    >
      <p class="lead">
        The queues are kept in {BACKENDS[backend]}. They only ring: the work is rows in PostgreSQL,
        so a queue that is emptied or out of reach delays work and loses none.
      </p>
      <Table
        caption="Queues"
        columns={COLUMNS}
        rows={data}
        empty={<EmptyState title="No queues">Nothing is configured.</EmptyState>}
      />
    </div>
  );
}

const COLUMNS: readonly Column<QueueView>[] = [
  { title: 'Queue', cell: ({ name }) => <span class="mono">{name}</span> },
  {
    title: 'State',
    cell: ({ isReachable }) => <Badge status={isReachable ? 'up' : 'down'} />,
  },
  { title: 'Waiting', isNumber: true, cell: ({ waiting }) => waiting ?? <Dash /> },
  { title: 'Rows pending', isNumber: true, cell: ({ pending }) => pending ?? <Dash /> },
  {
    title: 'Oldest',
    isNumber: true,
    cell: ({ pending, oldestSeconds }) =>
      pending === null || pending === 0 ? <Dash /> : describeSeconds(oldestSeconds ?? 0),
  },
  {
    title: 'Dead',
    isNumber: true,
    cell: ({ dead }) => {
      if (dead === null) return <Dash />;
      return dead === 0 ? 0 : <a href="/console/dead-letters">{dead}</a>;
    },
  },
  { title: 'What waits here', isLong: true, cell: ({ meaning }) => meaning },
];
