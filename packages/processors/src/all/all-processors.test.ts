import { silentLogger } from '@dkron/runtime';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ForwardReceiver } from '../../test/forward-receiver.ts';
import { INPUT } from '../../test/input.ts';
import { allProcessors } from './index.ts';

const context = { signal: new AbortController().signal, logger: silentLogger };

it('has one of each, with keys of text that become JSON Schema', () => {
  const all = allProcessors({ environment: {} });
  const names = ['elasticsearch', 'email', 'files', 'fluent', 'log', 's3', 'syslog', 'webhook'];
  expect(all.map(({ name }) => name)).toEqual(names);
  for (const { name, configSchema } of all) {
    const schema = z.toJSONSchema(configSchema!, { io: 'input' });
    expect(schema, name).toMatchObject({ type: 'object', additionalProperties: false });
    for (const [key, described] of Object.entries(schema.properties!)) {
      expect(described, `${name} ${key}`).toMatchObject({ type: 'string', description: expect.any(String) as string });
    }
  }
  const email = z.toJSONSchema(all[1]!.configSchema!, { io: 'input' });
  expect(email).toMatchObject({ required: ['to'], properties: { password: { writeOnly: true } } });
});

it('reads the variables of the original', async () => {
  const receiver = new ForwardReceiver();
  await receiver.listen();
  const port = String(receiver.port);
  const environment = { FLUENTBIT_HOST: '127.0.0.1', FLUENTBIT_PORT: port, FLUENTBIT_TAG: 'runs' };
  const fluent = allProcessors({ environment }).find(({ name }) => name === 'fluent')!;
  await fluent.process(INPUT, {}, context);
  expect(receiver.events).toMatchObject([{ tag: 'runs' }]);
  await fluent.close?.();
  await receiver.close();
});
