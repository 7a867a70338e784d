import type { OpenAPIObject } from '@nestjs/swagger';
import { COMMAND_ROUTES } from './command-routes.js';
import { CONSUMER_ROUTES } from './consumer-routes.js';
import { CONSUMER_SCHEMAS } from './consumer.schemas.js';
import { EVENT_SCHEMAS } from './event.schemas.js';
import { LEDGER_SCHEMAS } from './ledger.schemas.js';
import { PAYMENT_SCHEMAS } from './payment.schemas.js';
import { codesByStatus, problemExample, PROBLEM_SCHEMAS } from './problems.js';
import { READ_ROUTES } from './read-routes.js';
import { REPLAY_ROUTES } from './replay-routes.js';
import { REPLAY_SCHEMAS } from './replay.schemas.js';
import { REVIEW_ROUTES } from './review-routes.js';
import { REVIEW_SCHEMAS } from './review.schemas.js';
import { SERVICE_ROUTES } from './service-routes.js';
import { SERVICE_SCHEMAS } from './service.schemas.js';
import { isRoute, needsKey, type AnsweredCode, type Route } from './route-codes.js';
import { KEY_PARAMETER, type Answer, type RouteDescription } from './route-description.js';
import { named, TEXT, type Schema } from './schema.js';

/** What there is to say of every route. */
const ROUTES: Readonly<Record<Route, RouteDescription>> = {
  ...READ_ROUTES,
  ...COMMAND_ROUTES,
  ...CONSUMER_ROUTES,
  ...REPLAY_ROUTES,
  ...REVIEW_ROUTES,
  ...SERVICE_ROUTES,
};

/** Statuses whose problems are never kept under a key: they are told before it is looked at. */
const NOT_KEPT: ReadonlySet<number> = new Set([401, 403, 413, 415]);

const HEADERS = {
  replayed: {
    'Idempotency-Replayed': {
      type: 'string',
      const: 'true',
      description: 'there when this is the stored answer to an earlier request with the key',
    },
  },
  retryAfter: {
    'Retry-After': {
      type: 'integer',
      description: 'seconds to wait before the same request is sent again',
    },
  },
  authenticate: { 'WWW-Authenticate': { ...TEXT, const: 'Bearer' } },
} as const;

/**
 * Completes what Nest finds out about the routes by what it cannot know: parameters, bodies, and
 * every answer that each of them may give.
 */
export function describeRoutes(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const operations = Object.entries(item).map(([method, operation]: [string, object]) => {
      const name = `${method.toUpperCase()} ${path}`;
      return [method, isRoute(name) ? { ...operation, ...describeRoute(name) } : operation];
    });
    return [path, Object.fromEntries(operations) as object];
  });
  const schemas = {
    ...PAYMENT_SCHEMAS,
    ...EVENT_SCHEMAS,
    ...LEDGER_SCHEMAS,
    ...CONSUMER_SCHEMAS,
    ...REPLAY_SCHEMAS,
    ...REVIEW_SCHEMAS,
    ...SERVICE_SCHEMAS,
    ...PROBLEM_SCHEMAS,
  };
  return {
    ...document,
    paths: Object.fromEntries(paths) as OpenAPIObject['paths'],
    components: { ...document.components, schemas: schemas as Record<string, object> },
  };
}

function describeRoute(route: Route) {
  const { name, summary, description, parameters = [], body, answers } = ROUTES[route];
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [...(needsKey(route) ? [KEY_PARAMETER] : []), ...parameters],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: { 'application/json': { schema: body.schema, examples: show(body.examples) } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, toResponse(route, answer)]),
      ),
      ...Object.fromEntries(
        [...codesByStatus(route)].map(([status, codes]) => [
          status,
          toProblemResponse(route, status, codes),
        ]),
      ),
    },
  };
}

function toResponse(route: Route, { description, headers = {}, ...answer }: Answer) {
  const told = { ...headers, ...(needsKey(route) ? HEADERS.replayed : {}) };
  return { description, headers: toHeaders(told), content: toContent(answer) };
}

function toContent({ schema, type, examples = {} }: Omit<Answer, 'description' | 'headers'>) {
  if (schema === null) return { 'text/plain': { schema: TEXT } };
  if (type !== undefined) return { [type]: { schema } };
  return { 'application/json': { schema, examples: show(examples) } };
}

function toProblemResponse(route: Route, status: number, codes: readonly AnsweredCode[]) {
  const { members = {} } = ROUTES[route];
  const examples = codes.map((code) => [code, problemExample(code, members[code])] as const);
  const schema = {
    allOf: [named('Problem'), { properties: { status: { const: status }, code: { enum: codes } } }],
  };
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: toHeaders({
      ...(needsKey(route) && status < 500 && !NOT_KEPT.has(status) ? HEADERS.replayed : {}),
      ...(mayRetry(status, codes) ? HEADERS.retryAfter : {}),
      ...(status === 401 ? HEADERS.authenticate : {}),
    }),
    content: {
      'application/problem+json': { schema, examples: show(Object.fromEntries(examples)) },
    },
  };
}

/** Whether the same request may be sent again later, and the answer says when. */
function mayRetry(status: number, codes: readonly AnsweredCode[]): boolean {
  return status === 503 || status === 504 || codes.includes('request_in_progress');
}

function toHeaders(schemas: Readonly<Record<string, Schema>>) {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { description, ...schema }]) => [
      name,
      description === undefined ? { schema } : { description, schema },
    ]),
  );
}

function show(values: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}
