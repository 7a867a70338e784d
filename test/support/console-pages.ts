import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { ConsolePerson } from './console-person.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How somebody looks at a page. */
export interface Sight {
  readonly name: 'light' | 'dark' | 'phone' | 'phone-dark';
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
  /** What can be otherwise than at the sight before: the colours only, or everything. */
  readonly rules: 'all' | 'colours';
}

/** In an order in which each differs in one thing from the one before. */
export const SIGHTS: readonly Sight[] = [
  { name: 'light', width: 1280, colorScheme: 'light', rules: 'all' },
  { name: 'dark', width: 1280, colorScheme: 'dark', rules: 'colours' },
  { name: 'phone-dark', width: 375, colorScheme: 'dark', rules: 'all' },
  { name: 'phone', width: 375, colorScheme: 'light', rules: 'colours' },
];

const HEIGHT = 900;
/** Of tablets and of windows beside each other: only what does not fit is looked for. */
const WIDTHS_BETWEEN = [1100, 1000, 830, 700];

/**
 * Looks at the page that is there in every way.
 * @param name of the page, for the pictures, which are taken where SCREENSHOTS_DIR names a folder
 * @returns a line for everything that keeps somebody from using it
 */
export async function lookAt(person: ConsolePerson, name: string): Promise<string[]> {
  const { page } = person;
  const found: string[] = [];
  await page.evaluate(AXE);
  for (const sight of SIGHTS) {
    await page.setViewportSize({ width: sight.width, height: HEIGHT });
    await page.emulateMedia({ colorScheme: sight.colorScheme, reducedMotion: 'reduce' });
    const barriers = await findBarriers(page, sight.rules);
    barriers.push(...(await findOverflow(page)));
    found.push(...barriers.map((barrier) => `${name}, ${sight.name}: ${barrier}`));
    await takePicture(page, `${name}-${sight.name}`);
  }
  for (const width of WIDTHS_BETWEEN) {
    await page.setViewportSize({ width, height: HEIGHT });
    found.push(...(await findOverflow(page)).map((what) => `${name}, ${width} px: ${what}`));
  }
  return found;
}

/** Whatever stands out of the page, or out of the column that the heading begins. */
async function findOverflow(page: Page): Promise<string[]> {
  // What draws itself anew when its size has changed has done so after the next frame.
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
  );
  return page.evaluate<string[]>(`(() => {
    const main = document.querySelector('main');
    const right = main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight);
    const isOut = (one) => one.getBoundingClientRect().right > right + 1 && !one.closest('.scroll');
    const page = document.scrollingElement;
    return [
      ...(page.scrollWidth > page.clientWidth ? ['the page is wider than the window'] : []),
      ...[...main.querySelectorAll('table, form, section, h1')].filter(isOut).map((one) =>
        one.localName + ' ' + one.innerText.slice(0, 40).replaceAll(/\\s+/g, ' ') + ' stands out'),
    ];
  })()`);
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe calls serious or critical. */
async function findBarriers(page: Page, rules: Sight['rules']): Promise<string[]> {
  const runOnly = rules === 'all' ? null : ['color-contrast', 'link-in-text-block'];
  const options = { resultTypes: ['violations'], ...(runOnly && { runOnly }) };
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}

async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS_DIR'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
