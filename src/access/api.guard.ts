import {
  Inject,
  Injectable,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { ApiRole } from '../config/tokens.js';
import { TollgateError } from '../errors.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { authenticate, type Caller } from './authenticate.js';

const ALLOWED_ROLES = 'tollgate:allowed-roles';

/** Who may call a route. A route without this is refused to everybody. */
export const AllowRoles = (...roles: readonly ApiRole[]): CustomDecorator =>
  SetMetadata(ALLOWED_ROLES, roles);

/** Those who sell, and those who look after it. */
export const AllowCommands = (): CustomDecorator => AllowRoles('operator', 'service');

/** Everybody with a token may read. */
export const AllowReaders = (): CustomDecorator => AllowRoles('viewer', 'operator', 'service');

/** People, at the console: those who look, and those who also act. */
export const AllowPeople = (): CustomDecorator => AllowRoles('viewer', 'operator');

/** Lets only callers with a token and an allowed role through. */
@Injectable()
export class ApiGuard implements CanActivate {
  constructor(
    @Inject(SERVICES) private readonly services: Pick<Services, 'config'>,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = authenticate(request.headers.authorization, this.services.config.API_TOKENS);
    if (!caller) {
      throw new TollgateError('unauthenticated', 'send Authorization: Bearer <token>');
    }
    admit(context, this.reflector, caller);
    return true;
  }
}

/** Lets a caller through to a route that his role may use. @throws TollgateError `forbidden` */
export function admit(context: ExecutionContext, reflector: Reflector, caller: Caller): void {
  const roles = reflector.getAllAndOverride<readonly ApiRole[] | undefined>(ALLOWED_ROLES, [
    context.getHandler(),
    context.getClass(),
  ]);
  if (!roles?.includes(caller.role)) {
    throw new TollgateError('forbidden', `the role ${caller.role} may not do this`);
  }
  CALLERS.set(context.switchToHttp().getRequest<FastifyRequest>(), caller);
}

const CALLERS = new WeakMap<FastifyRequest, Caller>();

/** Whether the guard let a request through; one that was refused before it has not come to it. */
export function isAdmitted(request: FastifyRequest): boolean {
  return CALLERS.has(request);
}

/** Who sent a request that the guard let through. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = CALLERS.get(request);
  if (!caller) throw new Error('this route has no guard');
  return caller;
}
