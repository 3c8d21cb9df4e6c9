import type { QueryOf } from '@dkron/client';
import { apiCommand, countOf } from '../api.ts';
import type { Command } from '../command/command.ts';
import { CommandError, isRefusal } from '../errors.ts';
import { table } from '../table.ts';

type PreviewQuery = QueryOf<'GET /v1/schedules/preview'>;

const COUNT_DEFAULT = '5';

export function preview(): Command {
  const command = {
    name: 'preview',
    summary: 'The next runs of a schedule, before any job has it',
    description: `Shows the next runs of a schedule, before any job has it, in UTC and in its zone, and what clock changes do to them.

  dkron job preview '0 30 2 * * *' --timezone Europe/Berlin --from 2030-03-30T00:00:00Z`,
    words: ['<schedule>'],
    flags: [
      { name: 'timezone', type: 'string', help: "IANA zone; else the cluster's" },
      { name: 'job', type: 'string', help: 'name of the job, for ~ in the schedule' },
      { name: 'dst-gap', type: 'string', help: 'skip or after: what becomes of times that a clock change leaves out' },
      { name: 'dst-overlap', type: 'string', help: 'both, first or last: for times that a clock change repeats' },
      { name: 'from', type: 'string', help: 'instant to begin at, RFC 3339; else now' },
      { name: 'count', type: 'string', default: COUNT_DEFAULT, help: 'how many, 1 to 100' },
    ],
  } as const;
  return apiCommand(command, async (call) => {
    const { client, io, json, flag, printBody } = call;
    const query = {
      schedule: call.args[0] ?? '',
      timezone: flag('timezone'),
      job: flag('job'),
      // The server judges these.
      dst_gap: flag('dst-gap') as PreviewQuery['dst_gap'],
      dst_overlap: flag('dst-overlap') as PreviewQuery['dst_overlap'],
      from: flag('from'),
      count: countOf(call, 'count', COUNT_DEFAULT),
    };
    try {
      if (json) return await printBody(client.request('GET /v1/schedules/preview', { query }));
      const answer = await client.previewSchedule(query);
      const resolved = answer.resolved === answer.schedule ? '' : ` = ${answer.resolved}`;
      const zone = answer.timezone || 'UTC';
      const described = answer.description.includes(zone) ? '' : ` (${zone})`;
      io.out(`${answer.schedule}${resolved}: ${answer.description}${described}\n`);
      io.out(
        table(
          ['NEXT', 'LOCAL', 'NOTES'],
          answer.next.map((one) => [one.tick, one.local, one.notes.join(' ') || '-']),
        ),
      );
      if (answer.complete) io.out('There is no further run.\n');
    } catch (error) {
      if (!isRefusal(error) || error.status !== 404) throw error;
      throw new CommandError('this server is too old to preview schedules: it has no /v1/schedules/preview');
    }
  });
}
