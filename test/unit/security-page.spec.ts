import { existsSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const page = readFileSync(new URL('SECURITY.md', ROOT), 'utf8');
const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

/** As a heading becomes the end of a link. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-');
}

describe('SECURITY.md', () => {
  it('leads to files that are there, and to headings that they have', () => {
    const lost = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = new URL(path, ROOT);
      if (!existsSync(file)) return true;
      if (anchor === undefined) return false;
      const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)];
      return !headings.some(([, heading]) => anchorOf(heading!) === anchor);
    });
    expect(lost).toEqual([]);
    expect(links.filter((link) => link.startsWith('test/')).length).toBeGreaterThan(10);
  });

  it('says for every way in what remains', () => {
    const section = page.split('## Who can send what to where')[1]!.split('\n## ')[0]!;
    const ways = section.split('\n### ').slice(1);
    expect(ways.length).toBeGreaterThan(8);
    expect(ways.filter((way) => !/\*\*What remains[.:]/.test(way))).toEqual([]);
  });
});
