import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowReaders, ApiGuard } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { showSettings, type Settings } from './show-settings.js';

/** What the service is configured with. */
@ApiTags('service')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/settings')
export class SettingsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  show(): Promise<Settings> {
    return showSettings(this.services);
  }
}
