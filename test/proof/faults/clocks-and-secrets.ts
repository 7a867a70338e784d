import { existsSync } from 'node:fs';
import { installDebianPackage } from '../../support/debian-package.mjs';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';
import { PROOF_SECRETS, sign } from '../sign.js';
import type { ProofEvent } from '../stories.js';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (machine) => `/usr/lib/${machine}/faketime/libfaketime.so.1`,
);
const NEW_SECRET = 'whsec_proof_of_stripe_000002';

/** Clocks that are wrong, and secrets that change. */
export const CLOCK_FAULTS: readonly Fault[] = [
  {
    id: 'F26',
    title: 'clocks that are minutes wrong',
    expected: 'one effect each; an api beyond the tolerance refuses with 401, and says why',
    obstacle: () => (findFakeTime() === null ? 'libfaketime is not there' : null),
    inject: async (scene) => {
      const { world } = scene;
      await world.workers[0]!.kill();
      await world.workers[0]!.start({ environment: clock('+60s') });
      await world.workers[1]!.kill();
      await world.workers[1]!.start({ environment: clock('-60s') });
      scene.injected('workers a minute ahead and a minute behind');
      await scene.acknowledged(100);
      for (const offset of ['+600s', '-600s']) {
        const api = await world.guest(`api at ${offset}`, 'api', clock(offset));
        await api.start();
        const answer = await post(api.url, strangeEvent(scene));
        scene.expect(answer === 401, `an api at ${offset} answered ${answer}`);
        const refused = await scene.metrics(api.url, 'tollgate_deliveries_refused_total');
        scene.note(`${offset}: 401, ${refused.join(' ')}`);
      }
    },
  },
  {
    id: 'F39',
    title: 'a secret rotated under load',
    expected: 'nothing valid is refused; the old one is, once it is taken away',
    inject: async (scene) => {
      const { apis } = scene.world;
      const refused = scene.client.surprises.length;
      const roll = async (secrets: string): Promise<void> => {
        for (const api of apis) {
          await api.kill('SIGTERM', 20_000);
          await api.start({ environment: { STRIPE_WEBHOOK_SECRETS: secrets } });
        }
      };
      await roll(`${NEW_SECRET},${PROOF_SECRETS.stripe}`);
      await scene.acknowledged(30);
      scene.client.stripeSecret = NEW_SECRET; // the provider signs with it from here on
      await scene.acknowledged(30);
      await roll(NEW_SECRET);
      await scene.acknowledged(30);
      scene.expect(scene.client.surprises.length === refused, 'something valid was refused');
      const late = await post(apis[0]!.url, strangeEvent(scene));
      scene.expect(late === 401, `the old secret was answered ${late}`);
      await scene.client.stop();
      scene.client.finishLives();
      await scene.until('all is delivered', () => scene.client.undeliveredCount === 0, 30_000);
      // What is delivered a second time may still be on its way: both are known until all is healed.
      await roll(`${PROOF_SECRETS.stripe},${NEW_SECRET}`);
      scene.client.stripeSecret = PROOF_SECRETS.stripe;
      scene.injected('old → both → new');
    },
  },
];

function findFakeTime(): string | null {
  const found = () => LIBRARIES.find((path) => existsSync(path)) ?? null;
  if (found() === null) installDebianPackage('libfaketime');
  return found();
}

function clock(offset: string) {
  return {
    LD_PRELOAD: findFakeTime() ?? '',
    FAKETIME: offset,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

const isStripe = ({ provider }: ProofEvent): boolean => provider === 'stripe';

/** Status of one delivery that nobody else knows of, signed with the usual secret. */
async function post(url: string, event: ProofEvent): Promise<number> {
  const headers = sign(event.provider, event.body, PROOF_SECRETS[event.provider]);
  const answer = await fetch(`${url}/webhooks/${event.provider}`, {
    method: 'POST',
    headers,
    body: new Uint8Array(event.body),
  });
  return answer.status;
}

/** An event of Stripe that must not be recorded. */
function strangeEvent(scene: Scene): ProofEvent {
  for (;;) {
    const event = scene.nextLife().events.find(isStripe);
    if (event) return event;
  }
}
