import { Get, Inject, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { overview, type Overview } from '../../ops/overview/overview.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { givenFilters } from '../given-filters.js';
import { Page, Pages } from '../page-routes.js';
import { renderPage } from '../render-page.js';
import { OverviewView, Ranges } from './overview-view.js';

/** What goes on, at a glance. */
@Pages('console')
export class OverviewPage {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async show(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const given = givenFilters(query);
    const figures = await overview(this.services, given);
    return renderPage(this.services, request, {
      title: 'Overview',
      section: 'overview',
      aside: <Ranges minutes={minutesOf(figures)} />,
      body: <OverviewView figures={figures} minutes={minutesOf(figures)} />,
    });
  }

  /** What the plots draw. They ask for it because nothing of it may stand in the page as script. */
  @Get('overview.json')
  figures(@Query() query: unknown): Promise<Overview> {
    return overview(this.services, query);
  }
}

const MS_PER_MINUTE = 60_000;

function minutesOf({ from, to }: Overview): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / MS_PER_MINUTE);
}
