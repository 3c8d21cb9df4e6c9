// The commit whose proto/ the present one must stay compatible with.
import { spawnSync } from 'node:child_process';
import { root } from './toolchain.mjs';

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** What landed before this work: where it left origin/main, or on main itself the first parent. */
export function breakingBase() {
  const head = git('rev-parse', 'HEAD');
  const fork = git('merge-base', 'HEAD', 'origin/main');
  const base = fork !== undefined && fork !== head ? fork : git('rev-parse', 'HEAD^1');
  return base !== undefined && git('cat-file', '-t', `${base}:proto`) === 'tree' ? base : undefined;
}
