import { goJsonString } from '@dkron/jobs';

export interface IndexFacts {
  /** Undefined while nobody leads. */
  readonly leader: string | undefined;
  readonly totalJobs: number;
  readonly successfulJobs: number;
  readonly failedJobs: number;
  readonly untriggeredJobs: number;
}

/** The index of the UI: the globals that the original hands to its pages, and ways to what this server has. */
export function indexPage(facts: IndexFacts): string {
  const globals = [
    ['DKRON_API_URL', ` ${goJsonString('../v1')}`],
    ['DKRON_LEADER', ` ${goJsonString(facts.leader ?? 'no leader')}`],
    ['DKRON_TOTAL_JOBS', `  ${facts.totalJobs} `],
    ['DKRON_FAILED_JOBS', `  ${facts.failedJobs} `],
    ['DKRON_UNTRIGGERED_JOBS', `  ${facts.untriggeredJobs} `],
    ['DKRON_SUCCESSFUL_JOBS', `  ${facts.successfulJobs} `],
    ['DKRON_ACL_ENABLED', '  false '],
  ];
  const rows = [
    ['Jobs', facts.totalJobs],
    ['Successful', facts.successfulJobs],
    ['Failed', facts.failedJobs],
    ['Never run', facts.untriggeredJobs],
  ];
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Dkron</title>
    <link rel="icon" href="favicon.ico" />
    <link rel="manifest" href="manifest.json" />
    <link rel="stylesheet" href="assets/index.css" />
    <script>
${globals.map(([name, value]) => `      window.${name} =${value};`).join('\n')}
    </script>
  </head>
  <body>
    <h1>Dkron</h1>
    <dl>
${rows.map(([label, count]) => `      <dt>${label}</dt><dd>${count}</dd>`).join('\n')}
    </dl>
    <p>
      <a href="../v1/jobs?pretty">Jobs</a> · <a href="../v1/busy?pretty">Running</a> ·
      <a href="../v1/members?pretty">Members</a> · <a href="../docs">API documentation</a>
    </p>
  </body>
</html>
`;
}
