import { Ajv2020 } from 'ajv/dist/2020.js';
import type { CommandAnswer } from './shop.js';

/** As much of an OpenAPI document as tests look at. */
export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
}

export interface ApiOperation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
  }[];
  readonly requestBody?: { readonly required: boolean; readonly content: ApiContent };
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export interface ApiResponse {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content: ApiContent;
}

type ApiContent = Readonly<
  Record<string, { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>
>;

const FORMATS = {
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
  uri: (text: string) => URL.canParse(text),
  email: /^[^@\s]+@[^@\s]+$/,
};

/**
 * Holds values against the schemas of a document. A member that is not documented is an error
 * here, although clients are to live with new ones.
 *
 * @returns what is wrong with a value; `at` is a JSON pointer in parts
 */
export function createValidator(document: ApiDocument) {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: FORMATS });
  ajv.addSchema(closed(document) as object, 'api');
  return (at: readonly string[], value: unknown): string[] => {
    const pointer = at.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const validate = ajv.compile({ $ref: `api#/${pointer}` });
    validate(value);
    return (validate.errors ?? []).map(
      ({ instancePath, message = '', params }) =>
        `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
}

/** Headers that a client acts upon: none of them comes unannounced. */
const TOLD_HEADERS = ['Location', 'Retry-After', 'Idempotency-Replayed', 'WWW-Authenticate'];

/**
 * Holds answers of a service against its document: their status, media type, body and headers.
 * @returns the code of a problem, else the status
 */
export function createAgreement(document: ApiDocument) {
  const validate = createValidator(document);
  return (route: string, answer: CommandAnswer): string | number => {
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
    const at = schemaOf(route, answer.status, type);
    const wrong = validate(at, answer.json);
    expect({ route, text: answer.text, wrong }).toMatchObject({ wrong: [] });
    const { headers = {} } = routesOf(document).get(route)!.responses[String(answer.status)]!;
    for (const name of TOLD_HEADERS) {
      if (answer.headers.has(name)) expect(Object.keys(headers)).toContain(name);
    }
    return type === 'application/problem+json'
      ? (answer.json as { code: string }).code
      : answer.status;
  };
}

/** Names what a pointer needs to find the schema of an answer. */
export function schemaOf(route: string, status: number | string, type: string): string[] {
  const [method = '', path = ''] = route.split(' ');
  return [
    'paths',
    path,
    method.toLowerCase(),
    'responses',
    String(status),
    'content',
    type,
    'schema',
  ];
}

/** The routes of a document, `<METHOD> <path>`. */
export function routesOf({ paths }: ApiDocument): Map<string, ApiOperation> {
  return new Map(
    Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(
        ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
      ),
    ),
  );
}

/** A copy in which every object has its documented members only. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, closed(member)]),
  );
  const isOpen = copy['type'] === 'object' && copy['properties'] !== undefined;
  return isOpen ? { additionalProperties: false, ...copy } : copy;
}
