import { Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { Page, Pages } from '../page-routes.js';
import { renderPage } from '../render-page.js';

/** What goes on, at a glance. */
@Pages('console')
export class OverviewPage {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  show(@Req() request: FastifyRequest): Promise<string> {
    return renderPage(this.services, request, {
      title: 'Overview',
      section: 'overview',
      body: <p class="muted">Soon.</p>,
    });
  }
}
