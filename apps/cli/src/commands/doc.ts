import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOfCommand, walk, type Command, type Located } from '../command/command.ts';
import { helpOf } from '../command/help.ts';

const FOLDER = '/tmp/dkrondoc/';

/** `dkron doc`: one page per command. */
export function docCommand(root: () => Command): Command {
  return {
    name: 'doc',
    summary: 'Write a Markdown page for each command',
    description: 'Writes a Markdown page for each command, with the front matter that Hugo reads.',
    flags: [{ name: 'dir', type: 'string', default: FOLDER, help: 'folder of the pages; created when missing' }],
    run: ({ flags, io }) => {
      const folder = flags.get('dir')?.at(-1) || FOLDER;
      if (!existsSync(folder)) {
        io.out(`Directory ${folder} does not exist, creating...\n`);
        mkdirSync(folder, { recursive: true });
      }
      io.out(`Generating Dkron command-line documentation in ${folder} ...\n`);
      const date = new Date().toISOString().slice(0, 10);
      for (const at of walk({ command: root(), parents: [] })) {
        if (at.command.name === 'help') continue;
        writeFileSync(join(folder, `${slugOf(at)}.md`), page(at, date));
      }
      io.out('Done.\n');
      return 0;
    },
  };
}

function slugOf(at: Located): string {
  return pathOfCommand(at).replaceAll(' ', '_');
}

function page(at: Located, date: string): string {
  const slug = slugOf(at);
  const title = pathOfCommand(at);
  const front = `---\ndate: ${date}\ntitle: "${title}"\nslug: ${slug}\nurl: /cli/${slug}/\n---\n`;
  return `${front}## ${title}\n\n${at.command.summary}\n\n\`\`\`\n${helpOf(at)}\`\`\`\n`;
}
