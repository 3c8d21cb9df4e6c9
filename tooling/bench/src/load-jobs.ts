const IN_FLIGHT = 64;

/** A job of about 550 bytes as GET shows it, far from due. */
export function benchJob(index: number): object {
  return {
    name: `load-${String(index).padStart(6, '0')}`,
    displayname: `Load job ${index}`,
    schedule: '0 30 3 1 1 *',
    timezone: 'Europe/Berlin',
    owner: 'operations',
    owner_email: 'operations@example.org',
    tags: { role: 'nobody:1' },
    metadata: { team: 'billing' },
    retries: 2,
    executor: 'shell',
    executor_config: { command: `/usr/local/bin/report --customer ${index}` },
  };
}

/** Creates jobs `from … until - 1` over the REST API. */
export async function loadJobs(url: string, from: number, until: number): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < until; i = next++) {
      const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', body: JSON.stringify(benchJob(i)) });
      if (answer.status !== 201) throw new Error(`create: ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}
