import type { Fault } from '../fault.js';
import { CLOCK_FAULTS } from './clocks-and-secrets.js';
import { DELIVERY_FAULTS } from './deliveries.js';
import { PROCESS_FAULTS } from './processes.js';

/** Every row of the matrix, in its order. */
export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...DELIVERY_FAULTS,
  ...CLOCK_FAULTS,
].sort((one, other) => Number(one.id.slice(1)) - Number(other.id.slice(1)));
