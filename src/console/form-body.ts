import type { FastifyInstance } from 'fastify';
import { parse } from 'node:querystring';
import { TollgateError } from '../errors.js';
import { isConsoleRequest } from './console-request.js';

const FORM_CHARACTERS_MAX = 65_536;
/** More than any form of ours has, the choice of a whole page included. */
const FIELDS_MAX = 1000;

/** Forms are read under `/console`, and nowhere else: the API takes JSON. */
export function readForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (request, body, done) => {
      if (!isConsoleRequest(request)) {
        done(new TollgateError('unsupported_media_type', 'send application/json'));
      } else if (body.length > FORM_CHARACTERS_MAX) {
        done(new TollgateError('body_too_large', 'a form of the console is smaller than this'));
      } else {
        done(null, parse(body as string, '&', '=', { maxKeys: FIELDS_MAX }));
      }
    },
  );
}
