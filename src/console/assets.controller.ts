import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { TollgateError } from '../errors.js';
import { findAsset } from './assets.js';

const YEAR_SECONDS = 31_536_000;

/** Styles and scripts of the console. They are the same for everybody, and hold no figures. */
@ApiExcludeController()
@Controller('console/assets')
export class ConsoleAssetsController {
  @Get(':name')
  show(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const asset = findAsset(`/console/assets/${name}`);
    if (!asset) throw new TollgateError('not_found', 'there is no such file');
    void reply
      .header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`)
      .type(asset.contentType)
      .send(asset.body);
  }
}
