import { Body, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowRoles, callerOf } from '../../access/api.guard.js';
import { listReplayItems } from '../../ops/replays/list-replay-items.js';
import { REPLAY_STATUSES } from '../../ops/replays/replay.queries.js';
import { listReplays, showReplay, steerReplay, type Steering } from '../../ops/replays/replays.js';
import { startReplay } from '../../ops/replays/start-replay.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { isPartRequest } from '../console-request.js';
import { finishAction } from '../finish-action.js';
import { givenFilters } from '../given-filters.js';
import { Action, Page, Pages } from '../page-routes.js';
import { replayPath } from '../paths.js';
import { readList } from '../read-list.js';
import { renderPage } from '../render-page.js';
import { NothingChosen, Preview, previewTitle } from './preview.js';
import { ReplayList } from './replay-list.js';
import { ReplayActions, ReplayBody } from './replay-view.js';
import { pollSeconds } from './replay-words.js';
import { previewPath, readWish, toOrder, untilNow } from './replay-wish.js';

const KEY = /^[0-9a-f-]{36}$/;

/** Sending many through again: looked at before, started once, and followed to its end. */
@Pages('console/replays')
export class ReplayPages {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const filters = givenFilters(query);
    const list = await readList(() => listReplays(this.services, filters));
    return renderPage(this.services, request, {
      title: 'Replays',
      section: 'replays',
      body: (
        <ReplayList
          list={list}
          filters={filters}
          fields={[{ name: 'status', label: 'Status', options: REPLAY_STATUSES }]}
        />
      ),
    });
  }

  /** What it would do. It holds payments for a moment to find out, so it is for those who may act. */
  @Page('preview')
  @AllowRoles('operator')
  async preview(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const wish = untilNow(readWish(query), new Date());
    const section = 'dead-letters';
    if (wish.choice.by === 'ids' && wish.choice.ids.length === 0) {
      const body = <NothingChosen wish={wish} />;
      return renderPage(this.services, request, { title: 'Nothing is chosen', section, body });
    }
    // A reason is asked for when it is done; to look needs none.
    const order = { ...toOrder(wish), dryRun: true, reason: 'preview' };
    const { body: found } = await startReplay(this.services, callerOf(request), order, null);
    if (!('dryRun' in found)) throw new Error('a dry run started a replay');
    return renderPage(this.services, request, {
      title: previewTitle(wish, found),
      section,
      body: (
        <Preview wish={wish} found={found} perSecond={this.services.config.REPLAY_PER_SECOND} />
      ),
    });
  }

  @Action()
  async start(
    @Body() form: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wish = readWish(form);
    const { key = '', reason, perSecond } = givenFilters(form);
    const order = {
      ...toOrder(wish),
      reason,
      perSecond: perSecond === undefined ? undefined : Number(perSecond),
    };
    await finishAction(this.services, request, reply, {
      backTo: previewPath(wish),
      act: async () => {
        const caller = callerOf(request);
        // Of a double click both requests carry one key, so they are one order.
        const { body } = await startReplay(
          this.services,
          caller,
          order,
          KEY.test(key) ? key : null,
        );
        if ('dryRun' in body) throw new Error('a replay was only tried');
        const text = wish.action === 'replay' ? 'The replay is under way.' : 'It is under way.';
        return { path: replayPath(body.id), notice: { kind: 'done', text } };
      },
    });
  }

  @Page(':id')
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: FastifyRequest,
  ): Promise<string> {
    const { was, after, now } = givenFilters(query);
    const [replay, items] = await Promise.all([
      showReplay(this.services, id),
      listReplayItems(this.services, id, { after, now }),
    ]);
    const isOver = pollSeconds(replay, new Date()) === null;
    const hasChanged = isPartRequest(request) && (was !== replay.status || isOver);
    return renderPage(this.services, request, {
      title: replay.action === 'replay' ? 'Replay' : 'Discarding',
      section: 'replays',
      aside: <ReplayActions replay={replay} hasChanged={hasChanged} />,
      body: (
        <ReplayBody
          replay={replay}
          items={items}
          query={{ ...(now !== undefined && { now }), ...(after !== undefined && { after }) }}
          hasChanged={hasChanged}
        />
      ),
    });
  }

  @Action(':id/pause')
  pause(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.steer(id, 'pause', request, reply);
  }

  @Action(':id/resume')
  resume(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.steer(id, 'resume', request, reply);
  }

  @Action(':id/cancel')
  cancel(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.steer(id, 'cancel', request, reply);
  }

  private steer(
    id: string,
    steering: Steering,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const path = replayPath(id);
    return finishAction(this.services, request, reply, {
      backTo: path,
      act: async () => {
        await steerReplay(this.services, callerOf(request), id, steering);
        return { path, notice: { kind: 'done', text: STEERED[steering] } };
      },
    });
  }
}

const STEERED: Readonly<Record<Steering, string>> = {
  pause: 'Paused. What was sent through goes on; the rest waits.',
  resume: 'It goes on.',
  cancel: 'Called off. What was sent through stays so; the rest is left as it was.',
};
