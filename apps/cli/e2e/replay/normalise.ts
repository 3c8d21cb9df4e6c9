/** Commands and flags that the original does not have. */
const ADDED_COMMANDS = /^ {2}(config|execution|executor|job|processor|snapshot) .*\n/gm;
const ADDED_CANDIDATES = /^snapshot\t.+\n/gm;
const ADDED_FLAGS = /^ {6}--raw .*\n/gm;
/** Prose, as the recording leaves it out. */
const COMMAND_LINE = /^ {2}([a-z-]+) +\S.*$/gm;
const FLAG_LINE = /^( +(?:-\w, )?--[a-z-]+(?: [a-z\d]+)?) {3,}.*?( \(default .*\))?$/gm;
const AGENT_USAGE = /Usage:\n {2}dkron agent \[flags\]\n\nFlags:\n(?: .*\n)+/;
const LOG_LINE = /^time="[^"]*" level=\w+ msg=.*\n/gm;
const CANDIDATE = /^([a-z-]+)\t.+$/gm;
/** Lines in which this program says more than the original. */
const DETAIL = /^dkron: .*\n/gm;

/** Our output in the form of the recording. */
export function normalise(text: string, folder: string): string {
  return text
    .replaceAll(folder, '<DIR>')
    .replace(AGENT_USAGE, '<USAGE OF agent>\n')
    .replaceAll(ADDED_FLAGS, '')
    .replaceAll(/(?<=Available Commands:\n)(?: {2}\S.*\n)+/g, (lines) =>
      lines.replaceAll(ADDED_COMMANDS, '').replaceAll(COMMAND_LINE, '  $1  <text>'),
    )
    .replaceAll(FLAG_LINE, '$1  <text>$2')
    .replaceAll(ADDED_CANDIDATES, '')
    .replaceAll(CANDIDATE, '$1\t<text>')
    .replaceAll(DETAIL, '');
}

/** The same for what is on standard output before the usage of a help text. */
export function withoutDescription(text: string): string {
  return text.replace(/^[^<][\s\S]*?(?=\n\nUsage:\n)/, '<description>');
}

export function withoutLog(text: string): string {
  return text.replaceAll(LOG_LINE, '');
}

/** Texts of the log lines that say why the program ended. */
export function fatalTexts(log: string): string[] {
  return log.split('\n').flatMap((line) => {
    if (!line.includes('level=fatal')) return [];
    const quoted = /error=("(?:[^"\\]|\\.)*")/.exec(line)?.[1] ?? /msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
    return quoted === undefined ? [] : [JSON.parse(quoted) as string];
  });
}
