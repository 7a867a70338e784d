import { Controller, Get, Header, HttpCode, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { Readiness } from './readiness.js';

/** For whoever runs the process; open, and tells nothing about payments. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get('health/live')
  @HttpCode(200)
  live() {
    return { status: 'live' };
  }

  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const report = await this.readiness.check();
    reply.status(report.status === 'not_ready' ? 503 : 200);
    return report;
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async metrics(): Promise<string> {
    const { measure, registry } = this.services.metrics;
    await Promise.allSettled(measure.map((one) => one()));
    return registry.metrics();
  }
}
