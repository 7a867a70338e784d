import { Body, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowRoles, callerOf } from '../../access/api.guard.js';
import { EVENT_STATUSES } from '../../ops/events/event-filter.js';
import { listEvents } from '../../ops/events/list-events.js';
import { readRawBody, showEvent } from '../../ops/events/show-event.js';
import { discardEvent, replayEvent } from '../../ops/replays/replay-event.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import type { FilterField } from '../components/filter-form.js';
import { isPartRequest } from '../console-request.js';
import { finishAction } from '../finish-action.js';
import { givenFilters } from '../given-filters.js';
import { Action, Page, Pages } from '../page-routes.js';
import { eventPath } from '../paths.js';
import { readList } from '../read-list.js';
import { TIME_EXAMPLE, withTimes } from '../read-times.js';
import { renderPage } from '../render-page.js';
import { EventList } from './event-list.js';
import { EventActions, EventBody } from './event-view.js';

/** The events of the inbox, each with what came of it. */
@Pages('console/events')
export class EventPages {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const filters = givenFilters(query);
    const wanted = withTimes(filters, new Date());
    const list = await readList(() => listEvents(this.services, wanted));
    return renderPage(this.services, request, {
      title: 'Events',
      section: 'events',
      body: <EventList list={list} filters={filters} wanted={wanted} fields={this.fields()} />,
    });
  }

  @Page(':id')
  async show(
    @Param('id') id: string,
    @Query('was') was: unknown,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    const event = await showEvent(this.services, id);
    const hasChanged = isPartRequest(request) && was !== event.status;
    return renderPage(this.services, request, {
      title: event.type,
      section: 'events',
      aside: <EventActions event={event} hasChanged={hasChanged} />,
      body: <EventBody event={event} />,
    });
  }

  /** The bytes as they came, never as a page: they are somebody else's. */
  @Get(':id/raw')
  @AllowRoles('operator')
  async raw(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const body = await readRawBody(this.services, callerOf(request), id);
    await reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="event-${id}.bin"`)
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
      .send(body);
  }

  @Action(':id/replay')
  async replay(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const path = eventPath(id);
    const { reason = null } = givenFilters(body);
    await finishAction(this.services, request, reply, {
      backTo: path,
      act: async () => {
        const event = await replayEvent(this.services, callerOf(request), id, { reason });
        const isReplayed = 'isReplayed' in event && event.isReplayed;
        const text = isReplayed
          ? 'Sent through again.'
          : 'It is being worked on already: nothing was done.';
        return { path, notice: { kind: 'done', text } };
      },
    });
  }

  @Action(':id/discard')
  async discard(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const path = eventPath(id);
    const { reason = '' } = givenFilters(body);
    await finishAction(this.services, request, reply, {
      backTo: path,
      act: async () => {
        const event = await discardEvent(this.services, callerOf(request), id, { reason });
        const text = event.isDiscarded
          ? 'Discarded. It stays here, and can be replayed.'
          : 'It was discarded before: nothing was done.';
        return { path, notice: { kind: 'done', text } };
      },
    });
  }

  private fields(): readonly FilterField[] {
    return [
      { name: 'status', label: 'Status', options: EVENT_STATUSES },
      { name: 'provider', label: 'Provider', options: [...this.services.providers.keys()] },
      { name: 'type', label: 'Type', placeholder: 'payment_intent.succeeded' },
      { name: 'eventId', label: 'Event id', placeholder: 'evt_…' },
      { name: 'from', label: 'Received since', placeholder: TIME_EXAMPLE },
      { name: 'to', label: 'Received before', placeholder: TIME_EXAMPLE },
    ];
  }
}
