import { Body, Controller, Inject, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowPeople } from '../access/api.guard.js';
import { findToken, type Caller } from '../access/authenticate.js';
import { ConsoleGuard, sessionOf } from '../access/console.guard.js';
import { refuseOtherSites } from '../access/same-origin.js';
import {
  clearSessionCookie,
  readSessionCookie,
  setSessionCookie,
} from '../access/session-cookie.js';
import { deleteSession } from '../access/session.queries.js';
import { openSession, readSession } from '../access/sessions.js';
import { insertAuditEntry, type AuditAction } from '../audit/audit.queries.js';
import { digestToken, type ApiToken } from '../config/tokens.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { CONSOLE_PATH, toLocalPath } from './console-request.js';
import { LoginLimit } from './login-limit.js';
import { BareLayout } from './layout.js';
import { Page } from './page-routes.js';
import { renderDocument } from './render-page.js';

const TOKEN = /^[\x21-\x7e]{1,512}$/;

/** Where a person gets a session for his token, and gives it back. */
@ApiExcludeController()
@Controller('console')
export class LoginController {
  private readonly limit: LoginLimit;

  constructor(@Inject(SERVICES) private readonly services: Services) {
    this.limit = new LoginLimit(services.config.CONSOLE_LOGINS_PER_MINUTE);
  }

  @Page('login')
  show(@Query('next') next: unknown): string {
    return renderLogin(toLocalPath(next), null);
  }

  /** There is no session yet whose token the form could carry: where it comes from must do. */
  @Post('login')
  async login(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    refuseOtherSites(request);
    await this.limit.count(request, reply);
    const { config, database, logger } = this.services;
    const form = (body ?? {}) as Readonly<Record<string, unknown>>;
    const next = toLocalPath(form['next']);
    const token = this.findToken(form['token']);
    const refusal = refusalOf(token);
    if (token === null || refusal !== null) {
      logger.warn({ by: token?.name ?? null, address: request.ip }, 'console login refused');
      void reply.status(token ? 403 : 401).type('text/html; charset=utf-8');
      await reply.send(renderLogin(next, refusal));
      return;
    }
    // Whoever had this browser before is logged out: a session belongs to one login.
    const former = await this.readFormer(request);
    if (former) await deleteSession(database.command, former.idDigest);
    const id = await openSession(database.command, token, config.CONSOLE_SESSION_HOURS);
    await this.note(token, 'console.login', request);
    setSessionCookie(reply, config, id);
    await reply.redirect(next, 303);
  }

  @Post('logout')
  @UseGuards(ConsoleGuard)
  @AllowPeople()
  async logout(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { config, database } = this.services;
    const session = sessionOf(request);
    if (session && (await deleteSession(database.command, session.idDigest))) {
      await this.note(session.caller, 'console.logout', request);
    }
    clearSessionCookie(reply, config);
    await reply.redirect(`${CONSOLE_PATH}/login`, 303);
  }

  private findToken(given: unknown): ApiToken | null {
    const token = typeof given === 'string' ? given.trim() : '';
    return TOKEN.test(token)
      ? findToken(digestToken(token), this.services.config.API_TOKENS)
      : null;
  }

  private readFormer(request: FastifyRequest) {
    const { config, database } = this.services;
    const id = readSessionCookie(request, config);
    return readSession(database.command, id, config.API_TOKENS);
  }

  private async note(
    { name, role }: Caller,
    action: Extract<AuditAction, `console.${string}`>,
    { ip }: FastifyRequest,
  ): Promise<void> {
    const { database, logger } = this.services;
    await insertAuditEntry(database.command, { actor: name, role, action, result: 'done' });
    logger.info({ by: name, role, address: ip }, action);
  }
}

/** Why a token does not open the console; null when it does. */
function refusalOf(token: ApiToken | null): string | null {
  if (token === null) return 'This token is not known. Check that all of it was copied.';
  return token.role === 'service'
    ? 'This token is one of a service. Log in with one of the role viewer or operator.'
    : null;
}

function renderLogin(next: string, refusal: string | null): string {
  return renderDocument(
    { caller: null, csrfToken: '', now: new Date() },
    <BareLayout title="Log in">
      {refusal !== null && (
        <p class="notice problem" role="alert">
          {refusal}
        </p>
      )}
      <form class="stack" method="post" action="/console/login">
        <input type="hidden" name="next" value={next} />
        {/* For password managers, which keep a name with what they keep. */}
        <input name="username" value="console" autocomplete="username" hidden readOnly />
        <label class="field" for="token">
          Token
        </label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          aria-describedby="token-hint"
          maxLength={512}
          required
          autofocus
        />
        <p id="token-hint" class="muted">
          One of <code>API_TOKENS</code> with the role viewer or operator. A service that runs
          without configuration prints one at its start.
        </p>
        <button class="primary" type="submit">
          Log in
        </button>
      </form>
    </BareLayout>,
  );
}
