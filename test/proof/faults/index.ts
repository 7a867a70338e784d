import type { Fault } from '../fault.js';
import { CATALOGUE_FAULTS } from './catalogue.js';
import { CLOCK_FAULTS } from './clocks-and-secrets.js';
import { CONNECTION_FAULTS } from './connections.js';
import { DELIVERY_FAULTS } from './deliveries.js';
import { DISK_FAULTS } from './full-disk.js';
import { LOCK_FAULTS } from './locks.js';
import { MACHINE_FAULTS } from './machine.js';
import { NETWORK_FAULTS } from './network.js';
import { POSTGRES_FAULTS } from './postgres.js';
import { PROCESS_FAULTS } from './processes.js';
import { REDIS_FAULTS } from './redis.js';
import { SWEEPING_FAULTS } from './sweeping.js';
import { TOLD_FAULTS } from './told.js';
import { UPKEEP_FAULTS } from './upkeep.js';

/** Every row of the matrix, in its order. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...DELIVERY_FAULTS,
  ...CLOCK_FAULTS,
  ...POSTGRES_FAULTS,
  ...DISK_FAULTS,
  ...LOCK_FAULTS,
  ...NETWORK_FAULTS,
  ...REDIS_FAULTS,
  ...CONNECTION_FAULTS,
  ...TOLD_FAULTS,
  ...SWEEPING_FAULTS,
  ...CATALOGUE_FAULTS,
  ...UPKEEP_FAULTS,
  ...MACHINE_FAULTS,
].sort((one, other) => Number(one.id.slice(1)) - Number(other.id.slice(1)));
