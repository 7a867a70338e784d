import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowReaders, ApiGuard } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { overview, type Overview } from './overview.js';

/** How the service fares. */
@ApiTags('service')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/overview')
export class OverviewController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  show(@Query() query: unknown): Promise<Overview> {
    return overview(this.services, query);
  }
}
