import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import { NotFoundException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import { AppModule } from './app.module.js';
import { describeRoutes } from './checkout/openapi/describe-routes.js';
import { milliseconds, type Config } from './config/config.js';
import { isConsoleRequest } from './console/console-request.js';
import { readForms } from './console/form-body.js';
import { protectConsole } from './console/headers.js';
import { sendProblemPage } from './console/problem-page.js';
import { TollgateError } from './errors.js';
import { isWebhookRoute, routeWebhooks } from './inbox/webhooks.routes.js';
import { auditRefusals } from './ops/audit/audit-refusals.js';
import { ProblemFilter, sendProblem, type SendProblem } from './ops/problem.filter.js';
import type { Services } from './services.js';

/** Longer than the idle timeout of common load balancers, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_CHECK_MS = 1000;
const CONNECTIONS_MAX = 10_000;
const PARAMETER_CHARACTERS_MAX = 300;
/** The largest body of a command: requests are stored, so they are bounded. */
const COMMAND_CHARACTERS_MAX = 65_536;

/** Makes the HTTP server of a process; it does not listen yet. */
export async function createHttpServer(services: Services): Promise<NestFastifyApplication> {
  const { config, logger } = services;
  const answerProblem: SendProblem = (error, request, reply) => {
    const send = isConsoleRequest(request) ? sendProblemPage : sendProblem;
    if (request.is404) guardBrowsers(request, reply);
    send(logger, refuseMethod(error, request, reply), request, reply);
  };
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(services),
    new FastifyAdapter({
      skipMiddie: true, // no Express middleware here, and its engine costs every request
      bodyLimit: config.BODY_BYTES_MAX,
      requestTimeout: milliseconds(config.REQUEST_TIMEOUT_SECONDS),
      keepAliveTimeout: KEEP_ALIVE_MS,
      forceCloseConnections: 'idle',
      // Who comes over a kept connection while the door closes is served; new ones find it shut.
      return503OnClosing: false,
      // Node looks for requests that are too slow only this often; its default is 30 s.
      http: { connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
      routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
      frameworkErrors(error: Error, request: FastifyRequest, reply: FastifyReply) {
        answerProblem(error, request, reply);
      },
      clientErrorHandler(error, socket) {
        answerBrokenRequest(error, socket);
      },
    }),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest names its options with a class that nobody is meant to construct
    { bodyParser: false, logger: false, abortOnError: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  fastify.server.headersTimeout = milliseconds(config.REQUEST_TIMEOUT_SECONDS);
  fastify.server.maxConnections = CONNECTIONS_MAX;
  answerAnyExpectation(fastify);
  if (config.ROLES.includes('api')) {
    const { BODY_BYTES_MAX: bytesMax, ADMISSION_BYTES_MAX: heldBytesMax } = config;
    routeWebhooks(fastify, services, { bytesMax, heldBytesMax }, answerProblem);
  }
  readJson(fastify);
  readForms(fastify);
  auditRefusals(fastify, services);
  guardRoutes(fastify);
  await app.register(cookie, { hook: false }); // only the console looks at cookies
  await app.register(rateLimit, { global: false }); // and only its login counts tries
  protectConsole(fastify);
  app.useGlobalFilters(new ProblemFilter(answerProblem));
  if (config.ROLES.includes('api')) describeApi(app);
  await app.init();
  return app;
}

/** `http://host:port` of a server that listens. */
export async function listen(app: NestFastifyApplication, config: Config): Promise<string> {
  await app.listen(config.PORT, config.HOST);
  return app.getUrl();
}

/**
 * From now on every answer is the last one on its connection, so that clients go elsewhere by
 * themselves. A kept connection that is simply closed may have a request on it already, of which its
 * client would never hear.
 */
export function endConnections(app: NestFastifyApplication): void {
  const { server } = app.getHttpAdapter().getInstance();
  server.prependListener('request', (_request, response) => {
    response.setHeader('connection', 'close');
  });
}

const WEBHOOK_PATH = /^\/webhooks\/[^/?]+(?:\/[^/?]+)?(?:\?|$)/;

/** Who comes to a webhook path with another method is told the one that there is. */
function refuseMethod(error: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  const isFound = !(error instanceof NotFoundException) || !WEBHOOK_PATH.test(request.url);
  if (isFound || request.method === 'POST') return error;
  reply.header('allow', 'POST');
  return new TollgateError('method_not_allowed', 'webhooks come with POST');
}

/**
 * Whatever else than `100-continue` somebody expects, he gets the answer that he would get without
 * it: by itself Node answers 417, past our routes, our log and our metrics.
 */
function answerAnyExpectation({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => {
    server.emit('request', request, response);
  });
}

/** Routes that are not of webhooks get JSON. */
function readJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => {
    done(new TollgateError('unsupported_media_type', 'send application/json'));
  });
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length > COMMAND_CHARACTERS_MAX) {
      done(new TollgateError('body_too_large', 'the body of a command is smaller than this'));
    } else if (body === '') {
      done(null, null); // a command without parameters needs no body, whatever its headers say
    } else {
      void parseJson(request, body as string, done);
    }
  });
}

/** Swagger's page needs styles of its own; everything else needs nothing. */
const CONTENT_SECURITY_POLICY = {
  directives: {
    defaultSrc: ["'self'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    upgradeInsecureRequests: null,
  },
};

const setGuards = helmet({ contentSecurityPolicy: CONTENT_SECURITY_POLICY });

/** Headers that tell a browser what it may do. */
function guardBrowsers(request: FastifyRequest, reply: FastifyReply, done = () => {}): void {
  setGuards(request.raw, reply.raw, done);
}

/** Sets them on every route but those of webhooks, which no browser asks and which run past no hook. */
function guardRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (isWebhookRoute(route)) return;
    route.onRequest = [guardBrowsers, ...[route.onRequest ?? []].flat()];
  });
}

/** OpenAPI: Nest knows the routes, the rest is written down beside the commands. */
function describeApi(app: NestFastifyApplication): void {
  const description = new DocumentBuilder()
    .setTitle('Tollgate')
    .setDescription(
      'Makes every payment webhook count exactly once, and every command that carries an ' +
        '`Idempotency-Key`. Amounts are integers in the smallest unit of the currency; errors ' +
        'are `application/problem+json` with a stable `code`.',
    )
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .build();
  SwaggerModule.setup('docs', app, () =>
    describeRoutes(SwaggerModule.createDocument(app, description)),
  );
}

interface ClientSocket {
  readonly writable: boolean;
  end(data: string): unknown;
  destroy(error?: Error): unknown;
}

/** What Node's own parser refuses never reaches a route: a status line, and the door closes. */
function answerBrokenRequest(error: { readonly code?: string }, socket: ClientSocket): void {
  const status = BROKEN_REQUEST_STATUS[error.code ?? ''] ?? '400 Bad Request';
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const BROKEN_REQUEST_STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};
