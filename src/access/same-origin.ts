import type { FastifyRequest } from 'fastify';
import { TollgateError } from '../errors.js';

/**
 * Refuses what another site had a browser send. `Sec-Fetch-Site` is the browser's own word, which
 * no page can change; a browser that does not give it (over http, beyond this machine) must name
 * our host as the origin. Who sends neither is no browser with a person at it.
 * @throws TollgateError `forbidden`
 */
export function refuseOtherSites({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return;
  if (site === undefined && isOurs(headers.origin, headers.host)) return;
  throw new TollgateError(
    'forbidden',
    'a form of the console can only be sent from a page of the console, at the same address',
  );
}

function isOurs(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host;
}
