import {
  applyDecorators,
  Controller,
  Get,
  Header,
  HttpCode,
  Post,
  UseGuards,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AllowPeople, AllowRoles } from '../access/api.guard.js';
import { ConsoleGuard } from '../access/console.guard.js';

/** A controller of pages under a path, behind the guard; everybody at the console may read. */
export const Pages = (path: string) =>
  applyDecorators(Controller(path), UseGuards(ConsoleGuard), AllowPeople(), ApiExcludeController());

/** A page: the method returns its HTML. */
export const Page = (path = '') =>
  applyDecorators(Get(path), Header('content-type', 'text/html; charset=utf-8'));

/** What a form of the console does, for operators. It ends with `finishAction`. */
export const Action = (path = '') =>
  applyDecorators(Post(path), HttpCode(303), AllowRoles('operator'));
