import type { Random } from '../random.js';
import type { Life, Setting } from './life.js';

/** One kind of life. */
export interface Kind {
  /** How many of a hundred lives are of this kind. */
  readonly share: number;
  make(setting: Setting, random: Random): Pick<Life, 'order' | 'events'>;
}
