import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

/**
 * The URL that messages are sent to. An address in it that is not public is known here already, so
 * the start fails rather than every message.
 *
 * @throws Error saying what is wrong, without the URL: its path and query may be secret
 */
export function readReceiverUrl(text: string, options: { readonly allowPrivate: boolean }): URL {
  const { allowPrivate } = options;
  if (!URL.canParse(text)) throw new Error('the URL to send messages to cannot be read');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error('the URL to send messages to must begin with https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error('the URL to send messages to must not have a user name or a password');
  }
  if (allowPrivate) return url;
  if (url.protocol !== 'https:') {
    throw new Error('the URL to send messages to must begin with https://');
  }
  // Without the brackets of IPv6. A number or an octal spelling is an ordinary address by now.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) {
    throw new Error(`messages must not be sent to ${host}: it is not a public address`);
  }
  return url;
}
