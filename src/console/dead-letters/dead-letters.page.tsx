import { Inject, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { listConsumers, listMessages } from '../../ops/consumers/consumers.js';
import { groupDeadLetters } from '../../ops/events/list-dead-letters.js';
import { listEvents } from '../../ops/events/list-events.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { givenFilters, withoutFilters } from '../given-filters.js';
import { Page, Pages } from '../page-routes.js';
import { readList, type ReadList } from '../read-list.js';
import { withTimes } from '../read-times.js';
import { renderPage } from '../render-page.js';
import { DeadEvents } from './dead-events.js';
import { DeadMessages, type Message } from './dead-messages.js';

/** What waits for a person, by what it died of: events, and messages of consumers. */
@Pages('console/dead-letters')
export class DeadLetterPages {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async events(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const filters = withoutFilters(givenFilters(query), 'status');
    const wanted = withTimes(filters, new Date());
    const [groups, list] = await Promise.all([
      groupDeadLetters(this.services),
      readList(() => listEvents(this.services, { ...wanted, status: 'dead' })),
    ]);
    return renderPage(this.services, request, {
      title: 'Dead letters',
      section: 'dead-letters',
      body: <DeadEvents groups={groups} list={list} filters={filters} wanted={wanted} />,
    });
  }

  @Page('messages')
  async messages(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const given = withoutFilters(givenFilters(query), 'status');
    const [groups, consumers] = await Promise.all([
      groupDeadLetters(this.services),
      listConsumers(this.services),
    ]);
    // A list is of one consumer: without a choice, of the one with the largest group.
    const consumer = given['consumer'] ?? groups.messages[0]?.consumer;
    const filters = consumer === undefined ? given : { ...given, consumer };
    const wanted = withTimes(filters, new Date());
    return renderPage(this.services, request, {
      title: 'Dead letters',
      section: 'dead-letters',
      body: (
        <DeadMessages
          groups={groups}
          consumers={consumers.data.map(({ name }) => name)}
          list={await this.readMessages(consumer, wanted)}
          filters={filters}
          wanted={wanted}
        />
      ),
    });
  }

  private async readMessages(
    consumer: string | undefined,
    { consumer: _consumer, ...filter }: Readonly<Record<string, string>>,
  ): Promise<ReadList<Message>> {
    if (consumer === undefined) return { page: { data: [], nextCursor: null }, problem: null };
    return readList(() => listMessages(this.services, consumer, { ...filter, status: 'dead' }));
  }
}
