import { ConsoleAssetsController } from './assets.controller.js';
import { AuditPage } from './audit/audit.page.js';
import { DeadLetterPages } from './dead-letters/dead-letters.page.js';
import { EventPages } from './events/events.page.js';
import { LoginController } from './login.controller.js';
import { OrderPages } from './orders/orders.page.js';
import { OverviewPage } from './overview/overview.page.js';
import { PaymentPages } from './payments/payments.page.js';
import { QueuesPage } from './queues/queues.page.js';
import { ReplayPages } from './replays/replays.page.js';
import { ReviewPages } from './reviews/reviews.page.js';
import { SettingsPage } from './settings/settings.page.js';

/** Everything under `/console`: a literal list, so that no page is there that nobody meant. */
export const CONSOLE_CONTROLLERS = [
  LoginController,
  ConsoleAssetsController,
  OverviewPage,
  EventPages,
  DeadLetterPages,
  ReplayPages,
  ReviewPages,
  PaymentPages,
  OrderPages,
  AuditPage,
  QueuesPage,
  SettingsPage,
];
