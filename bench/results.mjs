import { readFileSync, writeFileSync } from 'node:fs';

const RESULTS = new URL('./RESULTS.md', import.meta.url);

/** Puts what a scenario came to under its heading, and leaves everything else as it is. */
export function writeResults(title, text) {
  const heading = `## ${title}`;
  const section = `${heading}\n\n${text.trim()}\n`;
  const sections = readFileSync(RESULTS, 'utf8').split(/\n(?=## )/);
  const place = sections.findIndex((one) => one.split('\n', 1)[0] === heading);
  if (place === -1) sections.push(section);
  else sections[place] = section;
  writeFileSync(RESULTS, `${sections.map((one) => one.trim()).join('\n\n')}\n`);
}
