import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowReaders, ApiGuard } from '../access/api.guard.js';
import { AccessGrantEntity } from '../database/access-grant.entity.js';
import { TollgateError } from '../errors.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { text } from './list-query.js';

/** Whether customers may use what their orders pay for. */
@ApiTags('access')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/access')
export class AccessController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get(':reference')
  async show(@Param('reference') given: string) {
    const orderReference = readInput(text, given);
    const access = await this.services.database.reads
      .getRepository(AccessGrantEntity)
      .findOneBy({ orderReference });
    if (!access) throw new TollgateError('not_found', 'nothing is known of this order');
    const { status, version, changedAt } = access;
    return { orderReference, status, version, changedAt };
  }
}
