/** Nest's name for everything one process is made of (`Services`); classes take the part they use. */
export const SERVICES = Symbol('services');
