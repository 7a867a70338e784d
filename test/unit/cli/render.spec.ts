import { describe, expect, it } from '@jest/globals';
import { render, type Block } from '../../../src/ops/cli/render.js';

const blocks: Block[] = [
  { text: 'two events', style: 'title' },
  ['outcome ', { text: 'dead', style: 'bad' }],
  {
    head: ['id', 'outcome'],
    rows: [
      ['one', { text: 'applied', style: 'good' }],
      ['another', ''],
    ],
  },
];

describe('rendering', () => {
  it('aligns columns, and leaves no spaces at the end of a line', () => {
    expect(render(blocks, false)).toBe(
      'two events\noutcome dead\nid       outcome\none      applied\nanother\n',
    );
  });

  it('adds colours where they are seen, and only those of the styles', () => {
    const text = render(blocks, true);
    expect(text).toContain('\u001b[31mdead\u001b[0m');
    expect(text.replaceAll(/\u001b\[\d+m/g, '')).toBe(render(blocks, false));
  });

  it('lets nothing from outside bring its own', () => {
    const hostile = 'a\u001b[2J\u001b]0;title\u0007b';
    const everywhere: Block[] = [
      hostile,
      [hostile, { text: hostile, style: 'bad' }],
      { head: ['text'], rows: [[hostile]] },
    ];
    expect(render(everywhere, false)).toBe('ab\nabab\ntext\nab\n');
  });

  it('prints nothing of a table without rows', () => {
    expect(render([{ head: ['id'], rows: [] }], false)).toBe('');
  });
});
