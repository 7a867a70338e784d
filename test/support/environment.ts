/**
 * Reads what the global setup left for the tests.
 * @throws Error when a test that needs a service is run outside the projects that start one
 */
export function fromGlobalSetup(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: tests that need a service belong to integration or e2e.`);
  }
  return value;
}
