#!/usr/bin/env node
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';

const { positionals } = parseArgs({ allowPositionals: true });
if (positionals.length === 0) throw new TypeError('usage: main.ts <program> [<program> …], in the folder of an app');
const programs = positionals.map((file) => [basename(file, '.js'), resolve(file)] as const);
await bundle({ folder: process.cwd(), programs: Object.fromEntries(programs) });
