import { Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { showSettings } from '../../ops/settings/show-settings.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { Page, Pages } from '../page-routes.js';
import { renderPage } from '../render-page.js';
import { SettingsView } from './settings-view.js';

/** What the service is configured with: to be read, since the environment is what changes it. */
@Pages('console/settings')
export class SettingsPage {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async show(@Req() request: FastifyRequest): Promise<string> {
    const settings = await showSettings(this.services);
    return renderPage(this.services, request, {
      title: 'Settings',
      section: 'settings',
      body: <SettingsView settings={settings} />,
    });
  }
}
