import { walkedWith } from '../support/fail-point-scenes.js';
import { walkFailPoints } from '../support/fail-point-walk.js';
import { redisIsThere, testRedisUrl } from '../support/test-redis.js';

// Without a Redis they are walked all the same: what they prove hardly depends on it.
describe(redisIsThere ? 'with the queues in Redis' : 'with the queues in PostgreSQL', () => {
  walkFailPoints(walkedWith('redis'), () =>
    redisIsThere ? testRedisUrl() : Promise.resolve(undefined),
  );
});
