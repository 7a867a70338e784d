import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BodyRetention } from '../support/body-retention.js';
import { ConsoleVisitor } from '../support/console-visitor.js';
import { allFinished, findRows } from '../support/observe.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { Shop } from '../support/shop.js';
import { Story, type StoryEvent } from '../support/story.js';
import { WebhookClient } from '../support/webhook-client.js';

/** Every week that there is now is over by then, and its time as well. */
const LATER_DAYS = 200;
const OPERATOR = { token: TEST_TOKENS.operator, key: null };

describe('F41 a service whose payloads go while it runs', () => {
  let shop: Shop;
  let client: WebhookClient;
  let retention: BodyRetention;
  let event: StoryEvent;
  let id: string;

  beforeAll(async () => {
    shop = await Shop.open();
    client = new WebhookClient(shop.service.url);
    retention = new BodyRetention(shop.database);
    event = new Story().stripe('payment_intent.succeeded');
    await client.expectAccepted(event);
    const [row] = await allFinished(shop.database, [event]);
    id = row!.id;
    const others = Array.from({ length: 20 }, () => new Story().stripe('payment_intent.succeeded'));
    const deliveries = others.map((one) => client.expectAccepted(one));
    await retention.runIn(LATER_DAYS);
    expect(new Set(await Promise.all(deliveries))).toEqual(new Set(['recorded']));
  });

  afterAll(async () => {
    client.close();
    await retention.close();
    await shop.close();
  });

  it('answers the same event as a duplicate', async () => {
    expect(await client.expectAccepted(event)).toBe('duplicate');
    const stored = await shop.database.query('select status from inbox where event_id = $1', [
      event.eventId,
    ]);
    expect(stored).toEqual([{ status: 'applied' }]);
    expect(await findRows(shop.database, [event])).toEqual([]); // which have their bodies
  });

  it('works on what comes from then on', async () => {
    const next = new Story().stripe('payment_intent.succeeded');
    expect(await client.expectAccepted(next)).toBe('recorded');
    expect(await allFinished(shop.database, [next])).toMatchObject([{ status: 'applied' }]);
  });

  it('says so to whoever asks for the payload, or sends the event through again', async () => {
    const shown = await shop.get(`/v1/events/${id}`);
    expect(shown).toMatchObject({ status: 200, json: { isPayloadKept: false, payload: null } });
    const gone = { status: 410, json: { code: 'payload_not_kept' } };
    expect(await shop.get(`/v1/events/${id}/raw`, TEST_TOKENS.operator)).toMatchObject(gone);
    expect(await shop.post(`/v1/events/${id}/replay`, {}, OPERATOR)).toMatchObject(gone);
  });

  it('says so at the console, and offers no replay', async () => {
    const visitor = new ConsoleVisitor(() => shop.service.url);
    await visitor.logIn(TEST_TOKENS.operator);
    const page = await visitor.get(`/console/events/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('The payload is not kept any more');
    expect(page.text).not.toContain(`/console/events/${id}/replay`);
    expect(page.text).not.toContain(`/console/events/${id}/raw`);
    const told = await visitor.act(`/console/events/${id}/replay`, { reason: 'x' });
    expect(told.status).toBeLessThan(500);
    expect((await visitor.get(`/console/events/${id}`)).text).toContain('PAYLOAD_RETENTION_DAYS');
  });
});
