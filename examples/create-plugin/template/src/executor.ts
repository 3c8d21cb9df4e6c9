import { serveExecutor } from '@dkron/plugins/serve';

await serveExecutor({
  async execute({ jobName, config }, { output, signal }) {
    output(`hello from ${jobName}\n`);
    signal.throwIfAborted();
    if (config['fail'] === 'true') throw new Error('told to fail');
    return `${config['text'] ?? ''}\n`;
  },
});
