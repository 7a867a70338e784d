import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowReaders, ApiGuard } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { listQueues, type QueueList } from './list-queues.js';

/** What stands in the queues. */
@ApiTags('service')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/queues')
export class QueuesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  list(): Promise<QueueList> {
    return listQueues(this.services);
  }
}
