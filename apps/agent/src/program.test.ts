import { describe, expect, it } from 'vitest';
import { runAgentProgram } from './program.ts';

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    env,
    workingFolder: '/nowhere',
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
  };
  return { code: await runAgentProgram(args, io), out: out.join(''), err: err.join('') };
}

describe("the agent's own command line", () => {
  it('has the flags of `dkron agent`', async () => {
    const { code, out } = await run(['agent', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--retry-join strings');
    expect(out).toContain('--rpc-port int');
  });

  it.each([
    [['--server', '--advertise-addr=10.0.0.1'], {}, 'this program runs agents only'],
    [['--advertise-addr=10.0.0.1'], { DKRON_SERVER: 'true' }, 'this program runs agents only'],
    [['leave'], {}, '"leave" is one word too many'],
    [['agent', 'agent'], {}, '"agent" is one word too many'],
    [['--retry-jion=x'], {}, 'unknown flag: --retry-jion; did you mean --retry-join?'],
    [['--rpc-port=x'], {}, '--rpc-port: "x" is not allowed, expected a whole number'],
    [
      ['--rpc-port=70000'],
      {},
      'rpc-port: "70000" is not allowed, expected a whole number from 0 to 65535 (--rpc-port)',
    ],
    [[], { DKRON_PROFILE: 'moon' }, 'profile: "moon" is not allowed, expected lan, wan, local (DKRON_PROFILE)'],
    [['--config=/no/such.yml'], {}, '/no/such.yml'],
  ])('%j with %j is refused and says why', async (args, env, message) => {
    const { code, err } = await run(args, env);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});
