import type { Section } from './setting.ts';

/** Programs of others that execute jobs or process their output. */
export const PLUGINS = {
  'plugin-folders': {
    kind: 'list',
    default: [],
    effect: 'used',
    ours: true,
    help: 'where programs named dkron-executor-* and dkron-processor-* are looked for, the last one counts; empty = plugins beside the configuration file, else /etc/dkron/plugins, then the folder of this program',
  },
  'plugin-env': {
    kind: 'list',
    default: [],
    form: 'name',
    effect: 'used',
    ours: true,
    help: 'environment variables handed on to plugins besides PATH, HOME, TZ, locale, proxies and those that the plugins of the original read; * = all, as the original',
  },
  'plugin-memory': {
    kind: 'size',
    default: '0',
    min: 0,
    effect: 'used',
    ours: true,
    help: 'memory that a plugin and its children may use before it is ended and started again; 0 = no limit',
  },
  'strict-plugins': {
    kind: 'bool',
    default: false,
    effect: 'used',
    ours: true,
    help: 'a plugin that does not start ends the start of the node, as with the original; otherwise only its jobs fail',
  },
} as const satisfies Section;
