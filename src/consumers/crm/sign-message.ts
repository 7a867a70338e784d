import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** As Standard Webhooks asks for; a shorter key could be guessed from one signed message. */
const KEY_BYTES_MIN = 24;

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** What is signed: the bytes that are sent, and what says which message they are, and when. */
export interface Signable {
  /** Without a full stop, since that is what separates it from the time. */
  readonly id: string;
  /** Of this attempt, in whole seconds since 1970: a receiver refuses what was kept for long. */
  readonly timestampSeconds: number;
  readonly body: Buffer;
}

/**
 * Secrets as keys. `whsec_` and base64 says the bytes of the key; any other text is the key itself
 * (the libraries of Standard Webhooks call that the format `raw`).
 * @param secrets newest first
 * @throws Error when there is none, or one cannot be used; the message says which by its place
 */
export function readSigningKeys(secrets: readonly string[]): readonly KeyObject[] {
  if (secrets.length === 0) throw new Error('there is no secret to sign messages with');
  return secrets.map((secret, index) => createSecretKey(readKey(secret, `secret ${index + 1}`)));
}

function readKey(secret: string, place: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : null;
  if (encoded !== null && !BASE64.test(encoded)) {
    throw new Error(`${place} is not base64 after its ${PREFIX}`);
  }
  const key = encoded === null ? Buffer.from(secret) : Buffer.from(encoded, 'base64');
  if (key.length < KEY_BYTES_MIN) {
    throw new Error(`${place} has ${key.length} bytes; a key needs ${KEY_BYTES_MIN} at least`);
  }
  return key;
}

/**
 * The header `webhook-signature`: one signature for each key, so that a receiver that knows only
 * the old or only the new secret accepts the message while they are exchanged.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signMessage(keys: readonly KeyObject[], signable: Signable): string {
  const { id, timestampSeconds, body } = signable;
  return keys
    .map((key) => {
      const hmac = createHmac('sha256', key).update(`${id}.${timestampSeconds}.`).update(body);
      return `v1,${hmac.digest('base64')}`;
    })
    .join(' ');
}
