import { inspect } from 'node:util';
import fc from 'fast-check';
import { readSigningKeys, signMessage } from '../../../src/consumers/crm/sign-message.js';
import { accepts, OLD_SECRET, SECRET } from './crm-harness.js';

const EXAMPLE = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampSeconds: 1614265330,
  body: Buffer.from('{"test": 2432232314}'),
};
const EXAMPLE_SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('the signature of a message', () => {
  it('is that of the libraries of Standard Webhooks', () => {
    // https://github.com/standard-webhooks/standard-webhooks: "sign function works"
    expect(signMessage(readSigningKeys([SECRET]), EXAMPLE)).toBe(EXAMPLE_SIGNATURE);
  });

  it('is made with each secret, the newest first', () => {
    const both = signMessage(readSigningKeys([OLD_SECRET, SECRET]), EXAMPLE).split(' ');
    expect(both).toHaveLength(2);
    expect(both[0]).toBe(signMessage(readSigningKeys([OLD_SECRET]), EXAMPLE));
    expect(both[1]).toBe(EXAMPLE_SIGNATURE);
  });

  it('takes a secret without a prefix as the key itself', async () => {
    const secret = 'a plain secret with some ✓ letters';
    const signature = signMessage(readSigningKeys([secret]), EXAMPLE);
    expect(await accepts(secret, requestWith(signature))).toBe(true);
    expect(await accepts(SECRET, requestWith(signature))).toBe(false);
  });

  it('is accepted by a receiver for any key and body, and for no other body', async () => {
    const key = fc.uint8Array({ minLength: 24, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(key, fc.string({ unit: 'grapheme' }), async (bytes, text) => {
        const secret = `whsec_${Buffer.from(bytes).toString('base64')}`;
        const body = Buffer.from(text);
        const signature = signMessage(readSigningKeys([secret]), { ...EXAMPLE, body });
        const request = requestWith(signature, body.toString());
        expect(await accepts(secret, request)).toBe(true);
        expect(await accepts(secret, { ...request, body: `${request.body} ` })).toBe(false);
      }),
    );
  });
});

describe('a signing secret', () => {
  it.each([
    ['none at all', [], /no secret/],
    ['an empty one', [''], /secret 1 has 0 bytes; a key needs 24 at least/],
    ['a bare prefix', ['whsec_'], /secret 1 has 0 bytes/],
    ['a short one', [SECRET, 'x'.repeat(23)], /secret 2 has 23 bytes/],
    ['a short key', [`whsec_${Buffer.alloc(23, 1).toString('base64')}`], /secret 1 has 23 bytes/],
    ['what is not base64', [`whsec_${'-_'.repeat(20)}`], /secret 1 is not base64 after its whsec_/],
    ['base64 with a letter too many', [`${SECRET}A`], /secret 1 is not base64/],
  ])('is refused: %s', (_name, secrets, message) => {
    expect(() => readSigningKeys(secrets)).toThrow(message);
  });

  it.each(['x'.repeat(23), `whsec_${'secret-'.repeat(6)}`])(
    'is not repeated by its refusal: %s',
    (secret) => {
      const refusal = thrownBy(() => readSigningKeys([secret]));
      expect(inspect(refusal, { depth: 10 })).not.toContain(secret.slice(6, 20));
    },
  );

  it('is not shown by the keys that are made of it', () => {
    const shown = inspect(readSigningKeys(['a plain secret that is long enough']), { depth: 10 });
    expect(shown).not.toContain('plain');
  });
});

function requestWith(signature: string, body = EXAMPLE.body.toString()) {
  const headers = {
    'webhook-id': EXAMPLE.id,
    'webhook-timestamp': String(EXAMPLE.timestampSeconds),
    'webhook-signature': signature,
  };
  return { method: 'POST', url: '/', headers, body };
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
