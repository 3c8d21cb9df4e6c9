import type { ServerOptions } from './options.ts';

/** One screen for a newcomer: where the server is and the first five commands. */
export function welcomeText(options: ServerOptions, httpPort: number): string {
  const api = `http://127.0.0.1:${httpPort}/v1`;
  return `
  Dkron is running: node ${options.nodeName}, data in ${options.dataDir}, REST API at ${api}

  Create a job that runs every second:
    curl -s ${api}/jobs -d '{"name":"hello","schedule":"@every 1s","executor":"shell","executor_config":{"command":"echo hello"}}'
  List jobs:
    curl -s ${api}/jobs?pretty
  Run it now and wait for the end:
    curl -s -X POST ${api}/jobs/hello/run
  See its executions with their output:
    curl -s ${api}/jobs/hello/executions?pretty
  See what became of every tick:
    curl -s '${api}/jobs/hello/ticks?pretty'

  The command line does the same: npm run -s dkron -- job list
  To let other machines in: npm start -- --http-addr=:8080 (it has no password; shell jobs run as this user)
  Stop: Ctrl-C. The data stays.
`;
}
