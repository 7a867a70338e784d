import base from './jest.config.js';

/** What `npm run test:cluster` runs on servers of its own; no part of `npm test`. */
const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/** @type {import('jest').Config} */
export default {
  ...base,
  projects: [
    { ...e2e, displayName: 'cluster', testMatch: ['<rootDir>/test/cluster/**/*.spec.ts'] },
  ],
};
