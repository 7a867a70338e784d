import { Module, type DynamicModule } from '@nestjs/common';
import { CONSOLE_CONTROLLERS } from './console/console.controllers.js';
import { OrderCommandsController } from './checkout/order-commands.controller.js';
import { PaymentCommandsController } from './checkout/payment-commands.controller.js';
import { AccessController } from './ops/access.controller.js';
import { ConsumersController } from './ops/consumers/consumers.controller.js';
import { EventsController } from './ops/events/events.controller.js';
import { HealthController } from './ops/health.controller.js';
import { InvoicesController } from './ops/invoices.controller.js';
import { LedgerController } from './ops/ledger.controller.js';
import { OverviewController } from './ops/overview/overview.controller.js';
import { QueuesController } from './ops/queues/queues.controller.js';
import { SettingsController } from './ops/settings/settings.controller.js';
import { OrdersController } from './ops/orders/orders.controller.js';
import { PaymentsController } from './ops/payments/payments.controller.js';
import { ReplaysController } from './ops/replays/replays.controller.js';
import { ReviewsController } from './ops/reviews/reviews.controller.js';
import { AuditController } from './ops/audit/audit.controller.js';
import { Readiness } from './ops/readiness.js';
import type { Services } from './services.js';
import { SERVICES } from './tokens.js';

/**
 * The HTTP face of a process: health for every role, everything else for `api`. The door for
 * deliveries is beside it, in `inbox/webhooks.routes.ts`.
 */
@Module({})
export class AppModule {
  static of(services: Services): DynamicModule {
    const isApi = services.config.ROLES.includes('api');
    const apiControllers = [
      PaymentsController,
      OrdersController,
      EventsController,
      LedgerController,
      ConsumersController,
      InvoicesController,
      AccessController,
      ReplaysController,
      ReviewsController,
      AuditController,
      OrderCommandsController,
      PaymentCommandsController,
      OverviewController,
      QueuesController,
      SettingsController,
      ...CONSOLE_CONTROLLERS,
    ];
    return {
      module: AppModule,
      providers: [{ provide: SERVICES, useValue: services }, Readiness],
      controllers: [HealthController, ...(isApi ? apiControllers : [])],
    };
  }
}
