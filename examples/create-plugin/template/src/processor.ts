import { serveProcessor } from '@dkron/plugins/serve';

await serveProcessor({
  process({ jobName, output }, config) {
    const text = new TextDecoder().decode(output);
    return config['forward'] === 'true' ? output : `${jobName}: ${text.length} characters\n`;
  },
});
