import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeInBrowser, openBrowser, type TestBrowser } from '../support/browser.js';
import { lookAt } from '../support/console-pages.js';
import { ConsolePerson } from '../support/console-person.js';
import { eventually } from '../support/eventually.js';
import { fillHostileShop, HOSTILE, type HostilePaths } from '../support/hostile-shop.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { Shop } from '../support/shop.js';

const TEST_TIMEOUT_MS = 180_000;

const LISTS = {
  overview: '/console',
  events: '/console/events',
  'dead-letters': '/console/dead-letters',
  'dead-messages': '/console/dead-letters/messages',
  replays: '/console/replays',
  reviews: '/console/reviews',
  payments: '/console/payments',
  orders: '/console/orders',
  audit: '/console/audit',
  queues: '/console/queues',
  settings: '/console/settings',
} as const;

const WISH = '/console/replays/preview?target=events&by=filter';

/** Whatever of a text from outside came to life. */
const ALIVE = `[
  ...document.querySelectorAll(
    'img:not([src^="/console/"]), script:not([src^="/console/"]), iframe, object, embed, ' +
    '[onerror], [onload], [onclick], [href^="javascript:" i], [action^="javascript:" i], ' +
    '[src^="javascript:" i], [hx-on], base'),
].map((element) => element.outerHTML)`;

describeInBrowser('every page of the console', () => {
  let browser: TestBrowser;
  let shop: Shop;
  let person: ConsolePerson;

  beforeAll(async () => {
    [browser, shop] = await Promise.all([
      openBrowser(),
      Shop.open({ CONSOLE_LOGINS_PER_MINUTE: '1000', CONSUMERS: 'invoices,access' }),
    ]);
    person = await ConsolePerson.arrive(browser, shop.service.url);
  }, TEST_TIMEOUT_MS);

  afterAll(async () => {
    await browser.close();
    await shop.close();
  }, TEST_TIMEOUT_MS);

  it(
    'can be used by everybody on whatever they have, with nothing on it',
    async () => {
      const found: string[] = [];
      await person.visit('/console/login');
      found.push(...(await lookAt(person, 'login')));
      await person.logIn(TEST_TOKENS.operator);
      for (const [name, path] of Object.entries(LISTS)) {
        await person.visit(path);
        found.push(...(await lookAt(person, `empty-${name}`)));
      }
      await person.visit('/console/replays/preview?target=events&by=ids');
      found.push(...(await lookAt(person, 'empty-preview')));
      expect(found).toEqual([]);
      expect(person.complaints).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  describe('with texts on it that would do something', () => {
    let paths: HostilePaths;

    beforeAll(async () => {
      paths = await fillHostileShop(shop);
      await person.logIn(TEST_TOKENS.operator);
    }, TEST_TIMEOUT_MS);

    /** What each page shows of them, at least. */
    const pages = (): Readonly<Record<string, readonly [path: string, ...texts: string[]]>> => {
      const { image, script, link } = HOSTILE;
      return {
        overview: [LISTS.overview],
        events: [LISTS.events, image, script, link],
        'dead-letters': [LISTS['dead-letters'], image, script, link],
        'dead-messages': [LISTS['dead-messages'], image, script],
        replays: [LISTS.replays, image],
        reviews: [`${LISTS.reviews}?status=`, image, link],
        payments: [LISTS.payments, image, script, link],
        orders: [LISTS.orders, image, link],
        audit: [LISTS.audit, image, script],
        queues: [LISTS.queues],
        settings: [LISTS.settings],
        'event-dead': [paths.deadEvent, image, script, link],
        'event-discarded': [paths.discardedEvent, script],
        'event-applied': [paths.appliedEvent, image, script],
        preview: [`${WISH}&action=replay`, image],
        'preview-discard': [`${WISH}&action=discard&type=${encodeURIComponent(image)}`, image],
        replay: [paths.replay, image],
        'review-open': [paths.openReview, image, script],
        'review-closed': [paths.closedReview, image, script, link],
        payment: [paths.payment, image, script],
        order: [paths.order, image, script],
      };
    };

    it(
      'shows them as they are',
      async () => {
        const { page } = person;
        for (const [name, [path, ...texts]] of Object.entries(pages())) {
          await person.visit(path);
          const shown = (await page.locator('#content').textContent()) ?? '';
          for (const text of texts)
            expect([name, shown]).toEqual([name, expect.stringContaining(text)]);
          expect([name, await page.evaluate(ALIVE)]).toEqual([name, []]);
          expect([name, await page.evaluate('typeof window.pwned')]).toEqual([name, 'undefined']);
        }
        expect(person.complaints).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    it(
      'shows what is asked for as it is',
      async () => {
        const { page } = person;
        const { image, script, link } = HOSTILE;
        for (const text of [image, script, link]) {
          const given = encodeURIComponent(text);
          for (const path of [
            `/console/events?type=${given}&eventId=${given}&from=${given}`,
            `/console/dead-letters?code=${given}&text=${given}`,
            `/console/dead-letters/messages?type=${given}&code=${given}`,
            `/console/orders?reference=${given}`,
            `/console/audit?actor=${given}&action=${given}&subject=${given}`,
            `${paths.order}?kind=${given}`,
            `${paths.replay}?now=${given}`,
            `/console/login?next=${given}`,
          ]) {
            await person.visit(path);
            expect([path, await page.evaluate(ALIVE)]).toEqual([path, []]);
            expect([path, await page.evaluate('typeof window.pwned')]).toEqual([path, 'undefined']);
          }
        }
        expect(person.complaints).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    it(
      'can be used by everybody on whatever they have',
      async () => {
        const { page } = person;
        const found: string[] = [];
        for (const [name, [path]] of Object.entries(pages())) {
          await person.visit(path);
          found.push(...(await lookAt(person, name)));
        }
        // What can be opened is looked at as well.
        for (const [name, path] of [
          ['open-event', paths.deadEvent],
          ['open-review', paths.openReview],
          ['open-order', paths.order],
        ] as const) {
          await person.visit(path);
          await page.evaluate(
            'document.querySelectorAll("details").forEach((one) => (one.open = true))',
          );
          found.push(...(await lookAt(person, name)));
        }
        expect(found).toEqual([]);
        expect(person.complaints).toEqual([]);
      },
      TEST_TIMEOUT_MS,
    );

    it('leads from what a replay would change to no page that is not there', async () => {
      const { page } = person;
      await person.visit(`${WISH}&action=replay`);
      await page
        .getByText(/^A new order/)
        .first()
        .waitFor();
      const links: string[] = await page.evaluate(
        '[...document.querySelectorAll(".changes a")].map((link) => link.getAttribute("href"))',
      );
      for (const link of links) await person.visit(link);
      expect(person.complaints).toEqual([]);
    });

    it('would be told on if one of them came to life', async () => {
      const { page } = person;
      await person.visit(LISTS.overview);
      await page.evaluate(
        `document.getElementById('content').insertAdjacentHTML('beforeend', ${JSON.stringify(
          `${HOSTILE.image}<img src="https://elsewhere.example/">`,
        )})`,
      );
      expect(await page.evaluate(ALIVE)).toHaveLength(2);
      await eventually(() => {
        const told = person.complaints.join('\n');
        expect(told).toContain('forbidden by the policy: script-src-attr');
        expect(told).toContain('forbidden by the policy: img-src https://elsewhere.example');
      });
      await person.visit(LISTS.overview);
      person.complaints.splice(0);
    });

    it('says also of what is not there that it is not', async () => {
      await person.visit(`/console/${encodeURIComponent(HOSTILE.image)}`, 404);
      expect(await person.page.evaluate(ALIVE)).toEqual([]);
      expect(await lookAt(person, 'not-found')).toEqual([]);
      // Chromium itself logs every answer of this kind.
      expect(person.complaints.splice(0)).toEqual([expect.stringContaining('404')]);
    });
  });
});
