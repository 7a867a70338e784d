import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './cli.module.js';
import { endWith } from './end-with.js';

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', () => process.exit(process.exitCode ?? 0));

// eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest's options are a class without behaviour
await CommandFactory.run(CliModule, {
  logger: false,
  // Commander would end the process by itself; what its errors mean is decided in one place.
  errorHandler: (error) => {
    throw error;
  },
  serviceErrorHandler: endWith,
});
