import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import 'reflect-metadata';
import { AllowReaders, ApiGuard } from '../../src/access/api.guard.js';
import { ProblemFilter, sendProblem } from '../../src/ops/problem.filter.js';
import { keptLogger } from '../support/keep-output.js';
import { SERVICES } from '../../src/tokens.js';
import { findUnguarded, walkRoutes } from '../support/route-walk.js';

@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/guarded')
class GuardedController {
  @Get()
  list(): string {
    return 'secret';
  }

  @Get(':id/raw')
  show(): string {
    return 'secret';
  }
}

/** Somebody forgot the guard; roles alone keep nobody out. */
@AllowReaders()
@Controller('v1/forgotten')
class ForgottenController {
  @Get(':id')
  show(): string {
    return 'secret';
  }

  @Post()
  change(): string {
    return 'done';
  }
}

/** A page that asks for no session. */
@Controller('console/forgotten')
class ForgottenPage {
  @Get()
  show(): string {
    return 'secret';
  }
}

@Controller('health')
class OpenController {
  @Get()
  show(): string {
    return 'live';
  }
}

@Module({
  controllers: [GuardedController, ForgottenController, ForgottenPage, OpenController],
  providers: [{ provide: SERVICES, useValue: { config: { API_TOKENS: [] } } }],
})
class TestModule {}

describe('the walk over all routes', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestFastifyApplication>(
      TestModule,
      new FastifyAdapter(),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest names its options with a class that nobody is meant to construct
      { logger: false },
    );
    const logger = keptLogger();
    app.useGlobalFilters(
      new ProblemFilter((error, request, reply) => {
        sendProblem(logger, error, request, reply);
      }),
    );
    await app.init();
  });

  afterAll(() => app.close());

  it('comes to every route, parameters and HEAD included', () => {
    expect(walkRoutes(app).sort()).toEqual([
      'GET /console/forgotten',
      'GET /health',
      'GET /v1/forgotten/:id',
      'GET /v1/guarded',
      'GET /v1/guarded/:id/raw',
      'HEAD /console/forgotten',
      'HEAD /health',
      'HEAD /v1/forgotten/:id',
      'HEAD /v1/guarded',
      'HEAD /v1/guarded/:id/raw',
      'POST /v1/forgotten',
    ]);
  });

  it('reports each route without a guard, and none that has one or is meant to be open', async () => {
    const found = await findUnguarded(app, ['GET /health', 'HEAD /health']);
    expect(new Set(found.map((one) => one.split(' answers ')[0]))).toEqual(
      new Set([
        'GET /v1/forgotten/:id',
        'HEAD /v1/forgotten/:id',
        'POST /v1/forgotten',
        'GET /console/forgotten',
        'HEAD /console/forgotten',
      ]),
    );
    expect(found).toContain('POST /v1/forgotten answers 201 to nothing at all');
    expect(found).toContain('GET /v1/forgotten/:id answers 200 to a wrong token');
  });

  it('reports what is open without being named', async () => {
    const found = await findUnguarded(app, []);
    expect(found).toContain('GET /health answers 200 to nothing at all');
  });
});
