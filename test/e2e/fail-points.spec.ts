import { FAIL_POINTS } from '../../src/fail-points.js';
import { walkedWith } from '../support/fail-point-scenes.js';
import { walkFailPoints } from '../support/fail-point-walk.js';

it('every fail point is walked, here or with the queues in Redis', () => {
  const walked = [...walkedWith('postgres'), ...walkedWith('redis')];
  expect(walked.sort()).toEqual([...FAIL_POINTS].sort());
});

describe('with the queues in PostgreSQL', () => {
  walkFailPoints(walkedWith('postgres'), () => Promise.resolve(undefined));
});
