import { ConsoleAssetsController } from './assets.controller.js';
import { LoginController } from './login.controller.js';
import { OverviewPage } from './overview/overview.page.js';
import { QueuesPage } from './queues/queues.page.js';
import { SettingsPage } from './settings/settings.page.js';

/** Everything under `/console`: a literal list, so that no page is there that nobody meant. */
export const CONSOLE_CONTROLLERS = [
  LoginController,
  ConsoleAssetsController,
  OverviewPage,
  QueuesPage,
  SettingsPage,
];
