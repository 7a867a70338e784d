import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowRoles, ApiGuard } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { listAudit } from './list-audit.js';

/** Who did what, read only: nothing else can be done to it. */
@ApiTags('audit')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowRoles('viewer', 'operator')
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  list(@Query() query: unknown) {
    return listAudit(this.services, query);
  }
}
