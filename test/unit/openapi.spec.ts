import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import 'reflect-metadata';
import { DEAD_DISPATCH } from '../../src/checkout/openapi/examples.js';
import { ROUTE_CODES } from '../../src/checkout/openapi/route-codes.js';
import { readConfig } from '../../src/config/config.js';
import { ACCESS_BY_ORDER_STATUS } from '../../src/consumers/access/access-status.js';
import { ERRORS, TollgateError, type ErrorCode } from '../../src/errors.js';
import { createHttpServer } from '../../src/http-server.js';
import { POSTING_RULES } from '../../src/ledger/posting-rules.js';
import { readReplayOrder } from '../../src/ops/replays/read-replay-order.js';
import { orderData } from '../../src/outbox/message.js';
import { problemBody, toProblem, type Problem } from '../../src/problem.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import type { Services } from '../../src/services.js';
import { keptLogger } from '../support/keep-output.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import {
  createValidator,
  routesOf,
  schemaOf,
  type ApiDocument,
  type ApiOperation,
} from '../support/api-document.js';

const ROUTES = Object.entries(ROUTE_CODES) as [string, readonly ErrorCode[]][];
const PROBLEM_MEMBERS = new Set(['type', 'title', 'status', 'code', 'detail', 'error']);
const JSON_TYPES = ['application/json', 'application/problem+json'];

/** Codes that no documented route answers: those of the webhook routes and of Fastify itself. */
const CODES_ELSEWHERE: readonly ErrorCode[] = [
  'invalid_signature',
  'unknown_provider',
  'content_encoding_unsupported',
  'overloaded',
  'shutting_down',
  'method_not_allowed',
  'too_many_requests', // the console, which is no part of the document
];

describe('the OpenAPI document', () => {
  let app: NestFastifyApplication;
  let document: ApiDocument;
  let validate: ReturnType<typeof createValidator>;

  beforeAll(async () => {
    const services = {
      config: readConfig({}, SECRET_PREFIXES),
      logger: keptLogger(),
      metrics: createMetrics(),
    };
    // Nothing is asked of a route, so the rest of the services is never looked at.
    app = await createHttpServer(services as unknown as Services);
    const answer = await app.inject({ url: '/docs-json' });
    document = answer.json<ApiDocument>();
    validate = createValidator(document);
  });

  afterAll(() => app.close());

  const operationOf = (route: string): ApiOperation => routesOf(document).get(route)!;

  it('describes every route that Nest knows, and no other', () => {
    const bare = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    const known = [...routesOf(bare as unknown as ApiDocument).keys()];
    expect(known.length).toBeGreaterThan(10);
    expect(ROUTES.map(([route]) => route).sort()).toEqual(known.sort());
  });

  it('is of a version whose schemas are JSON Schema', () => {
    expect(document.openapi).toBe('3.1.0');
  });

  it('names each operation once', () => {
    const names = [...routesOf(document).values()].map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name))).toEqual([]);
  });

  it('documents each code that a client can see, or says that it is for others', () => {
    const documented = new Set(ROUTES.flatMap(([, codes]) => codes));
    const answered = Object.entries(ERRORS).filter(([, { status }]) => status !== null);
    const missing = answered
      .map(([code]) => code as ErrorCode)
      .filter((code) => !documented.has(code));
    expect(missing.sort()).toEqual([...CODES_ELSEWHERE].sort());
  });

  describe.each(ROUTES)('%s', (route, codes) => {
    const responses = () => Object.entries(operationOf(route).responses);

    it('has a summary, and a parameter for each part of its path', () => {
      const { summary, parameters } = operationOf(route);
      expect(summary).toMatch(/^[A-Z].{5,}/);
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = parameters.filter((one) => one.in === 'path' && one.required);
      expect(declared.map(({ name }) => name)).toEqual(inPath);
    });

    it('says how it ends well', () => {
      expect(responses().some(([status]) => status.startsWith('2'))).toBe(true);
    });

    it('answers each of its codes at the status of the table of errors, and no other', () => {
      const shown = responses().flatMap(([status, { content }]) =>
        Object.keys(content['application/problem+json']?.examples ?? {}).map((code) => [
          code,
          Number(status),
        ]),
      );
      expect(Object.fromEntries(shown)).toEqual(
        Object.fromEntries(codes.map((code) => [code, ERRORS[code].status])),
      );
      expect(shown).toHaveLength(codes.length);
    });

    it('shows problems as they go over the wire', () => {
      for (const problem of problemsOf(operationOf(route))) {
        const { code, detail = '' } = problem;
        const more = Object.entries(problem).filter(([name]) => !PROBLEM_MEMBERS.has(name));
        const members = Object.fromEntries(more);
        const thrown = new TollgateError(code, detail, { members });
        const sent = problemBody(toProblem(code === 'internal_error' ? new Error('x') : thrown));
        expect(problem).toEqual(sent);
      }
    });

    it('shows answers that its schemas allow', () => {
      for (const [status, { content }] of responses()) {
        for (const [type, { examples = {} }] of Object.entries(content)) {
          if (!JSON_TYPES.includes(type)) continue;
          for (const [name, { value }] of Object.entries(examples)) {
            const wrong = validate(schemaOf(route, status, type), value);
            expect({ status, name, wrong }).toEqual({ status, name, wrong: [] });
          }
        }
      }
    });

    it('needs a token, unless it can be answered to anybody', () => {
      const { security = [] } = operationOf(route);
      expect(security.length > 0).toBe(codes.includes('unauthenticated'));
    });

    it('names its idempotency key, if it needs one', () => {
      const key = operationOf(route).parameters.find((one) => one.name === 'Idempotency-Key');
      const needsKey = codes.includes('idempotency_key_missing');
      expect(key?.required ?? false).toBe(needsKey);
      const marks = responses().filter(([, { headers }]) => headers?.['Idempotency-Replayed']);
      const kept = needsKey ? responses().filter(([status]) => isKept(Number(status))) : [];
      expect(marks.map(([status]) => status)).toEqual(kept.map(([status]) => status));
    });

    it('shows requests that it takes', () => {
      const [, path = ''] = route.split(' ');
      const examples = operationOf(route).requestBody?.content['application/json']?.examples ?? {};
      const at = ['paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema'];
      for (const { value } of Object.values(examples)) expect(validate(at, value)).toEqual([]);
    });
  });

  it('knows the words of the ledger and of access', () => {
    const wrong = (schema: string, member: string, value: string) =>
      validate(['components', 'schemas', schema, 'properties', member], value);
    const rules = Object.values(POSTING_RULES).flatMap((rule) => rule?.name ?? []);
    for (const rule of rules) expect(wrong('Transfer', 'rule', rule)).toEqual([]);
    for (const status of Object.values(ACCESS_BY_ORDER_STATUS)) {
      expect(wrong('Access', 'status', status)).toEqual([]);
    }
    expect(wrong('Transfer', 'rule', 'void')).not.toEqual([]);
  });

  it('shows a message as consumers get it', () => {
    expect(orderData.strict().parse(DEAD_DISPATCH.data)).toEqual(DEAD_DISPATCH.data);
  });

  it('shows orders of replays that are taken, and refuses filters of something else', () => {
    const content = operationOf('POST /v1/replays').requestBody!.content['application/json']!;
    const examples = Object.values(content.examples ?? {});
    expect(examples.length).toBeGreaterThan(3);
    for (const { value } of examples) expect(() => readReplayOrder(value)).not.toThrow();
    const body = ['paths', '/v1/replays', 'post', 'requestBody', 'content', 'application/json'];
    const wrong = validate([...body, 'schema'], { filter: { colour: 'red' } });
    expect(wrong).not.toEqual([]);
  });

  it('refuses what it does not document', () => {
    const at = schemaOf('POST /v1/orders', 409, 'application/problem+json');
    const problem = toProblem(new TollgateError('order_exists', 'x'));
    expect(validate(at, problemBody(problem))).toEqual([]);
    expect(validate(at, { ...problemBody(problem), code: 'order_paid' })).not.toEqual([]);
    expect(validate(at, { ...problemBody(problem), more: 1 })).not.toEqual([]);
  });
});

type ShownProblem = Problem & { readonly error: ErrorCode };

function problemsOf({ responses }: ApiOperation): ShownProblem[] {
  return Object.values(responses).flatMap(({ content }) =>
    Object.values(content['application/problem+json']?.examples ?? {}).map(
      ({ value }) => value as ShownProblem,
    ),
  );
}

/** What is decided before the key is looked at, and what may pass, is not kept under it. */
function isKept(status: number): boolean {
  return status < 500 && ![401, 403, 413, 415].includes(status);
}
