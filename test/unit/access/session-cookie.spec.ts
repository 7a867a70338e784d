import cookie from '@fastify/cookie';
import { describe, expect, it } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import {
  clearSessionCookie,
  readSessionCookie,
  setSessionCookie,
} from '../../../src/access/session-cookie.js';

const ID = 'a'.repeat(43);

/** A server that gives, takes back and reads the cookie. */
async function serve(NODE_ENV: 'production' | 'development'): Promise<FastifyInstance> {
  const settings = { NODE_ENV, CONSOLE_SESSION_HOURS: 2 };
  const server = fastify();
  await server.register(cookie, { hook: false });
  server.get('/set', (_request, reply) => {
    setSessionCookie(reply, settings, ID);
    return 'set';
  });
  server.get('/clear', (_request, reply) => {
    clearSessionCookie(reply, settings);
    return 'cleared';
  });
  server.get('/read', (request) => ({ id: readSessionCookie(request, settings) ?? null }));
  return server;
}

const cookieOf = async (server: FastifyInstance, url: string) =>
  String((await server.inject({ url })).headers['set-cookie']).split('; ');

describe('the cookie of a session', () => {
  it('can in production only be set by this very host, over https', async () => {
    const server = await serve('production');
    const [pair, ...attributes] = await cookieOf(server, '/set');
    expect(pair).toBe(`__Host-tollgate_session=${ID}`);
    // What browsers ask of the prefix: Secure, the path / and no Domain.
    expect(attributes.sort()).toEqual([
      'HttpOnly',
      'Max-Age=7200',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
  });

  it('stays with the console elsewhere, where there may be no https', async () => {
    const server = await serve('development');
    const [pair, ...attributes] = await cookieOf(server, '/set');
    expect(pair).toBe(`tollgate_session=${ID}`);
    expect(attributes).toContain('Path=/console');
    expect(attributes).not.toContain('Secure');
  });

  it.each(['production', 'development'] as const)('is cleared as it was set: %s', async (where) => {
    const server = await serve(where);
    const [set = '', ...attributes] = await cookieOf(server, '/set');
    const [cleared = '', ...clearing] = await cookieOf(server, '/clear');
    expect(cleared).toBe(`${set.split('=')[0] ?? ''}=`);
    const path = attributes.find((one) => one.startsWith('Path='));
    expect(clearing).toEqual(expect.arrayContaining([path, 'Max-Age=0']));
  });

  it('is read among others, and only by its own name', async () => {
    const server = await serve('production');
    const read = async (header: string) =>
      (await server.inject({ url: '/read', headers: { cookie: header } })).json<unknown>();
    expect(await read(`a=b; __Host-tollgate_session=${ID}; c=d`)).toEqual({ id: ID });
    expect(await read(`tollgate_session=${ID}`)).toEqual({ id: null });
    expect(await read('%%%; =; ;')).toEqual({ id: null });
  });
});
