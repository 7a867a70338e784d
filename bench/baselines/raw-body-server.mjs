import fastify from 'fastify';

const BODY_BYTES_MAX = 1_048_576;

/** A Fastify that hands on the raw bytes, listening once `serve` has its routes. */
export function rawBodyServer() {
  const server = fastify({ logger: false, bodyLimit: BODY_BYTES_MAX });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  return server;
}

/** Listens on loopback until it is told to end. */
export async function serve(server, port) {
  await server.listen({ host: '127.0.0.1', port: Number(port) });
  process.once('SIGTERM', () => process.exit(0));
}
