import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  describeInBrowser,
  openBrowser,
  type PersonOptions,
  type TestBrowser,
} from '../support/browser.js';
import { ConsolePerson } from '../support/console-person.js';
import { buryEvents } from '../support/dead-letters.js';
import { eventually } from '../support/eventually.js';
import { range } from '../support/long-story.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { Shop } from '../support/shop.js';
import { Story } from '../support/story.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE = { timeoutMs: 40_000 };
/** Payment of our samples: 50 USD. */
const SAMPLE = 1001;
const DUE_MINOR = 5000;
const PAID = 'payment_intent.succeeded';

describeInBrowser('an operator at the console', () => {
  let browser: TestBrowser;
  let shop: Shop;
  let person: ConsolePerson;

  beforeAll(async () => {
    [browser, shop] = await Promise.all([
      openBrowser(),
      Shop.open({ CONSOLE_LOGINS_PER_MINUTE: '1000', CONSUMERS: 'invoices,access' }),
    ]);
  });

  afterEach(() => person.leave());

  afterAll(async () => {
    await browser.close();
    await shop.close();
  });

  /** Opens the browser of somebody who is logged in. */
  async function enter(
    path = '/console',
    options: PersonOptions & { token?: string } = {},
  ): Promise<Page> {
    person = await ConsolePerson.arrive(browser, shop.service.url, options);
    await person.logIn(options.token ?? TEST_TOKENS.operator, path);
    return person.page;
  }

  /** An order of 50 USD whose payment is a dead letter that only has to be replayed. */
  async function buriedPayment() {
    const story = new Story();
    const reference = story.order(SAMPLE);
    const order = { reference, currency: 'USD', amountDueMinor: DUE_MINOR };
    expect((await shop.post('/v1/orders', order)).status).toBe(201);
    const [id = ''] = await buryEvents(shop.database, [story.stripe(PAID)]);
    return { id, path: `/console/events/${id}`, reference, payment: story.payment(SAMPLE) };
  }

  /** An order that was paid here and somewhere else. */
  async function paidTwice() {
    const reference = await shop.order(DUE_MINOR);
    const { id, providerPaymentId } = await shop.payment(reference);
    const events = [
      new Story().stripe(PAID, ({ data }) => {
        data.object['metadata'] = { order_id: reference };
      }),
      ...shop.standIn.stripe.pay(providerPaymentId),
    ];
    const provider = new WebhookClient(shop.service.url);
    for (const event of events) await provider.expectAccepted(event);
    provider.close();
    await shop.orderIs(reference, 'in_review');
    const { data } = (await shop.get(`/v1/reviews?order=${reference}`)).json;
    return { reference, paymentId: id, reviewPath: `/console/reviews/${data[0].id}` };
  }

  describe('in the night', () => {
    it('finds a dead letter, sees why it died and what a replay would change, and replays it', async () => {
      const { path, reference, payment } = await buriedPayment();
      const other = new Story().paystack('charge.success');
      await buryEvents(shop.database, [other], { code: 'amount_unusable', message: 'no amount' });

      const page = await enter();
      await page.getByRole('link', { name: 'Dead letters', exact: true }).click();
      await page.getByRole('link', { name: 'apply_failed' }).click();
      const found = page.getByRole('table', { name: 'Dead events, newest first' });
      expect(await found.getByText('amount_unusable').count()).toBe(0);
      await found.getByRole('link', { name: PAID }).click();

      expect(person.path).toBe(path);
      const outcome = page.getByRole('region', { name: 'Outcome' });
      expect(await outcome.innerText()).toMatch(/apply_failed\s+the database did not answer/);
      expect(await outcome.innerText()).toContain('See that it has, then replay it');

      await page.getByRole('link', { name: 'What would a replay change?' }).click();
      await page.getByRole('heading', { name: 'Replay 1 event?' }).waitFor();
      const change = page.getByRole('region', { name: 'What it would change' });
      expect(await change.innerText()).toContain('applied');
      const order = change.getByRole('table', { name: `Order ${reference}: what would change` });
      expect(await order.getByRole('row', { name: /^status/ }).innerText()).toMatch(/open\s+paid/);
      expect(await order.getByRole('row', { name: /^amount paid/ }).innerText()).toMatch(
        /0\.00 USD\s+50\.00 USD/,
      );
      expect(await shop.showOrder(reference)).toMatchObject({ status: 'open' });

      await page.goBack();
      await page.getByText('Replay…', { exact: true }).click();
      await page.getByLabel('Reason (optional)').fill('the database is back');
      await page.getByRole('button', { name: 'Replay', exact: true }).click();
      await page.getByText('Sent through again.').waitFor();
      // Nobody loads the page again: it follows by itself.
      await page.locator('#event-actions').getByText('applied', { exact: true }).waitFor();
      expect(await page.getByText('Discard…').count()).toBe(0);

      await page.getByRole('region', { name: 'Effects' }).getByText('captured').waitFor();
      await outcome.getByRole('link').click();
      await page.getByRole('heading', { name: `Payment ${payment}` }).waitFor();
      const replay = page.locator('.timeline .line.replay');
      expect(await replay.innerText()).toContain('by operator-of-tests');
      expect(await replay.innerText()).toContain('the database is back');
      await page.getByRole('link', { name: reference }).first().click();
      await page.locator('.heading').getByText('paid', { exact: true }).waitFor();
    });

    it('discards one for good, and must say why', async () => {
      const { path } = await buriedPayment();
      const page = await enter(path);
      await page.getByText('Discard…', { exact: true }).click();
      const discard = page.getByRole('button', { name: 'Discard', exact: true });
      await discard.click();
      expect(await page.locator('input:invalid').count()).toBe(1);
      await page.locator('input:invalid').fill('it was of a test');
      await discard.click();
      await page.getByText('Discarded. It stays here').waitFor();
      const done = page.getByRole('region', { name: 'What people did' });
      expect(await done.innerText()).toMatch(/discarded.*operator-of-tests.*it was of a test/s);
    });

    it('replays with the keyboard alone', async () => {
      const { path } = await buriedPayment();
      const page = await enter(path);
      const { keyboard } = page;
      await keyboard.press('Tab');
      expect(await page.locator(':focus').innerText()).toBe('Skip to content');
      await keyboard.press('Enter');
      const passed = await person.tabTo(page.getByText('Replay…', { exact: true }));
      expect(passed).toEqual(['What would a replay change?']);
      await keyboard.press('Enter');
      await person.tabTo(page.getByLabel('Reason (optional)'));
      await keyboard.type('by hand');
      await person.tabTo(page.getByRole('button', { name: 'Replay', exact: true }));
      await keyboard.press('Enter');
      await page.getByText('Sent through again.').waitFor();
      await page.locator('#event-actions').getByText('applied', { exact: true }).waitFor();
    });

    it('replays without JavaScript', async () => {
      const { id, path } = await buriedPayment();
      const page = await enter('/console/dead-letters', { javaScriptEnabled: false });
      await page.getByLabel('Reason', { exact: true }).selectOption('apply_failed');
      await page.getByRole('button', { name: 'Filter' }).click();
      await page.locator(`a[href="${path}"]`).click();
      await page.getByText('Replay…', { exact: true }).click();
      await page.getByLabel('Reason (optional)').fill('no script');
      await page.getByRole('button', { name: 'Replay', exact: true }).click();
      await page.getByText('Sent through again.').waitFor();
      await eventually(async () => {
        expect((await shop.get(`/v1/events/${id}`)).json).toMatchObject({ status: 'applied' });
      });
      await person.visit(path);
      await page.locator('#event-actions').getByText('applied', { exact: true }).waitFor();
    });
  });

  describe('about a review', () => {
    /** Goes to the review of an order from wherever one is, and takes it. */
    async function claim(page: Page, reference: string): Promise<void> {
      await page.getByRole('link', { name: /^Reviews \d+ waiting$/ }).click();
      const row = page.getByRole('row').filter({ hasText: reference });
      await row.getByRole('link', { name: 'paid twice' }).click();
      await page.getByRole('button', { name: 'Claim' }).click();
      await page.getByText('It is yours: nobody else decides it now.').waitFor();
    }

    /** What the timeline of the order says about the decision. */
    async function readDecision(page: Page, reference: string): Promise<string> {
      await page.getByRole('link', { name: reference }).first().click();
      await page.getByRole('heading', { name: `Order ${reference}` }).waitFor();
      return page.locator('.timeline .line.review').last().innerText();
    }

    it('accepts that an order was paid twice', async () => {
      const { reference } = await paidTwice();
      const page = await enter();
      await claim(page, reference);
      await page.locator('summary', { hasText: 'Accept' }).click();
      const accept = page.locator('details[open]');
      await accept.getByLabel('Reason').fill('the customer wants a credit');
      await accept.getByRole('button', { name: 'Accept' }).click();
      await page.getByText('Decided. The order follows its money again.').waitFor();
      const decision = await readDecision(page, reference);
      expect(decision).toContain('operator-of-tests');
      expect(decision).toContain('the customer wants a credit');
      await page.locator('.heading').getByText('paid', { exact: true }).waitFor();
    });

    it('gives back what was paid twice', async () => {
      const { reference, paymentId } = await paidTwice();
      const page = await enter();
      await claim(page, reference);
      await page.locator('summary', { hasText: 'Refund' }).click();
      const refund = page.locator('details[open]');
      await refund.getByRole('combobox').selectOption(paymentId);
      await refund.getByLabel('Amount of that payment').fill('50.00');
      await refund.getByLabel('Reason').fill('paid by mistake');
      await refund.getByRole('button', { name: 'Refund' }).click();
      await page.getByText('Decided. The order follows its money again.').waitFor();
      expect(shop.standIn.stripe.refunds).toMatchObject([{ amount: DUE_MINOR }]);
      expect(await readDecision(page, reference)).toContain('paid by mistake');
    });
  });

  describe('of many', () => {
    const MANY = 500;
    const PER_SECOND = 75;
    const TYPE = 'of-many';

    it('replays them once, watches them, pauses and goes on', async () => {
      const events = range(MANY).map(() => new Story().stripe(PAID));
      await buryEvents(shop.database, events, { type: TYPE });
      person = await ConsolePerson.arrive(browser, shop.service.url);
      const { page } = person;
      await page.clock.install();
      await person.logIn(TEST_TOKENS.operator, `/console/dead-letters?type=${TYPE}`);

      await page.getByRole('link', { name: 'Replay everything that matches…' }).click();
      await page.getByRole('heading', { name: `Replay ${MANY} events?` }).waitFor();
      // A hundred at most, and on a busy machine as many as there is time for.
      await page.getByText(/The oldest \d+ of 500 were tried/).waitFor();
      await page.getByLabel('At most per second').fill(String(PER_SECOND));
      await page.getByLabel('Reason (optional)').fill('all of them');
      const form = await page.evaluate<Record<string, string>>(
        'Object.fromEntries(new FormData(document.querySelector("form.confirm-start")))',
      );
      await page.getByRole('button', { name: `Replay ${MANY} events` }).dblclick();

      await page.getByRole('heading', { name: 'Replay', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      const id = person.path.split('/').at(-1)!;
      // Where the first click is on its way already, a browser sends the form once more.
      const again = await person.post('/console/replays', form);
      expect(again).toEqual({ status: 303, location: person.path });
      const started = (await shop.get('/v1/replays')).json.data.filter(
        ({ total }: { total: number }) => total === MANY,
      );
      expect(started).toMatchObject([{ id, reason: 'all of them' }]);

      // It moves on the page that is there: what is written onto it stays.
      await page.evaluate('document.body.dataset.isTheSame = "yes"');
      const progress = page.getByRole('progressbar');
      const settled = async () => Number(await progress.getAttribute('aria-valuenow'));
      const first = await settled();
      const moved = await eventually(async () => {
        const now = await settled();
        expect(now).toBeGreaterThan(first);
        return now;
      }, PATIENCE);
      expect(moved).toBeLessThan(MANY);
      expect(await page.evaluate('document.body.dataset.isTheSame')).toBe('yes');

      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused. What was sent through goes on').waitFor();
      const paused = (await shop.get(`/v1/replays/${id}`)).json;
      expect(paused).toMatchObject({ status: 'paused' });
      expect(paused.pending).toBeGreaterThan(0);
      expect(await page.locator('#replay-progress').getAttribute('hx-get')).toBeNull();

      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByText('It goes on.').waitFor();
      await eventually(async () => expect(await settled()).toBe(MANY), PATIENCE);
      await page.getByText(`Done: ${MANY} of ${MANY} sent through again.`).waitFor();
      await page.locator('#replay-actions').getByText('done').waitFor();

      await eventually(async () => {
        expect((await shop.get(`/v1/replays/${id}`)).json).toMatchObject({
          status: 'done',
          results: { applied: MANY },
        });
        expect(await page.locator('#replay-progress').getAttribute('hx-get')).toBeNull();
      }, PATIENCE);
      const before = person.requests.length;
      await page.clock.runFor(60_000);
      // Whatever the minute brought was asked before this.
      await page.evaluate('fetch("/console/overview.json").then(() => null)');
      expect(person.requests.slice(before)).toEqual(['GET /console/overview.json']);
    });

    it('replays only what is ticked', async () => {
      const [one, other] = [await buriedPayment(), await buriedPayment()];
      const page = await enter('/console/dead-letters?code=apply_failed');
      await page.locator(`input[value="${one.id}"]`).check();
      await page.getByRole('button', { name: 'Replay ticked…' }).click();
      await page.getByRole('button', { name: 'Replay 1 event' }).click();
      await page.getByText('Done: 1 of 1 sent through again.').waitFor();
      await shop.orderIs(one.reference, 'paid');
      expect((await shop.get(`/v1/events/${other.id}`)).json).toMatchObject({ status: 'dead' });
    });
  });

  describe('who may only read', () => {
    it('sees everything and no form that acts, and is refused by hand', async () => {
      const { id, path, reference } = await buriedPayment();
      const { reviewPath } = await paidTwice();
      const paths = [path, '/console/dead-letters', reviewPath];
      const page = await enter(path, { token: TEST_TOKENS.viewer });
      for (const one of paths) {
        await person.visit(one);
        expect(await page.locator('form[method=post]').count()).toBe(1);
        expect(await page.getByRole('button').allInnerTexts()).not.toContain('Replay ticked…');
        await page.getByRole('button', { name: 'Log out' }).waitFor();
      }
      const form = { _csrf: await page.locator('input[name=_csrf]').inputValue(), reason: 'x' };
      const wished = [`${path}/replay`, `${path}/discard`, '/console/replays'];
      for (const one of [...wished, `${reviewPath}/resolve`]) {
        const { status } = await person.post(one, form);
        expect([one, status]).toEqual([one, 403]);
      }
      expect((await shop.get(`/v1/events/${id}`)).json).toMatchObject({ status: 'dead' });
      expect(await shop.showOrder(reference)).toMatchObject({ status: 'open' });
    });
  });
});
