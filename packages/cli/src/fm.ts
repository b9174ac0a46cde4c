#!/usr/bin/env node
/** The `fm` program. Compiled code is cached, so that a grid's thirty processes do not each parse the libraries anew. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

import { cacheDirectory } from '@lab/brokers/state';

process.env['NODE_COMPILE_CACHE'] ??= join(cacheDirectory(), 'compiled');
enableCompileCache(process.env['NODE_COMPILE_CACHE']);

const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
