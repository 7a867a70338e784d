import { Inject, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AUDIT_ACTIONS } from '../../audit/audit.queries.js';
import { listAudit } from '../../ops/audit/list-audit.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { givenFilters } from '../given-filters.js';
import { Page, Pages } from '../page-routes.js';
import { readList } from '../read-list.js';
import { TIME_EXAMPLE, withTimes } from '../read-times.js';
import { renderPage } from '../render-page.js';
import { AuditList } from './audit-list.js';

/** Who did what, why, and what came of it. */
@Pages('console/audit')
export class AuditPage {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const filters = givenFilters(query);
    const list = await readList(() => listAudit(this.services, withTimes(filters, new Date())));
    return renderPage(this.services, request, {
      title: 'Audit',
      section: 'audit',
      body: <AuditList list={list} filters={filters} fields={FIELDS} />,
    });
  }
}

const FIELDS = [
  { name: 'actor', label: 'Who', placeholder: 'name of a token' },
  { name: 'action', label: 'Action', options: AUDIT_ACTIONS },
  { name: 'subject', label: 'Subject', placeholder: 'id of event, review or replay' },
  { name: 'from', label: 'Since', placeholder: TIME_EXAMPLE },
  { name: 'to', label: 'Before', placeholder: TIME_EXAMPLE },
];
