/** A command line as words. */
export interface SplitCommand {
  readonly words: readonly string[];
  /** The unquoted operator that ended the line early: one of `; & | < >`. */
  readonly endedBy?: string;
}

/** Unbalanced quotes or brackets. */
export class WordSplitError extends Error {
  override readonly name = 'WordSplitError';

  constructor() {
    super('invalid command line string');
  }
}

const BLANKS = ' \t\r\n';
const OPERATORS = ';&|<>';

/**
 * Splits a command line as the original does when no shell is involved. Blanks separate; quotes group; a backslash
 * takes the next character as it is, except between single quotes; nothing is expanded: backticks and `$(…)` stay in
 * the word as written, blanks included. An unquoted operator ends the line.
 *
 * @throws WordSplitError
 */
export function splitWords(line: string): SplitCommand {
  const splitter = new Splitter();
  for (const character of line) {
    if (!splitter.take(character)) break;
  }
  return splitter.finish();
}

class Splitter {
  readonly #words: string[] = [];
  #word = '';
  /** An empty pair of quotes is a word, nothing at all is none. */
  #inWord = false;
  #escaped = false;
  #quote: '' | "'" | '"' = '';
  /** What keeps its blanks and operators without being a quote: between backticks, or after `$(`. */
  #span: '' | '`' | '$(' = '';
  #endedBy: string | undefined;

  /** False when the line ends here. */
  take(character: string): boolean {
    if (this.#escaped) {
      this.#escaped = false;
      this.#add(character);
    } else if (character === '\\' && this.#quote !== "'") {
      this.#escaped = true;
    } else if (this.#quote !== '' && character === this.#quote) {
      this.#quote = '';
      this.#inWord = true;
    } else if (this.#quote !== '') {
      this.#add(character);
    } else {
      return this.#takeUnquoted(character);
    }
    return true;
  }

  finish(): SplitCommand {
    if (this.#escaped || this.#quote !== '' || this.#span !== '') throw new WordSplitError();
    this.#endWord();
    return this.#endedBy === undefined ? { words: this.#words } : { words: this.#words, endedBy: this.#endedBy };
  }

  #takeUnquoted(character: string): boolean {
    if ((character === '"' || character === "'") && this.#span !== '$(') {
      this.#quote = character;
    } else if (this.#span === '' && BLANKS.includes(character)) {
      this.#endWord();
    } else if (this.#span === '' && OPERATORS.includes(character)) {
      this.#endedBy = character;
      if (character === '>' && /^[0-9]/.test(this.#word)) this.#dropWord();
      return false;
    } else {
      this.#takeBracket(character);
      this.#add(character);
    }
    return true;
  }

  #takeBracket(character: string): void {
    if (character === '`' && this.#span !== '$(') {
      this.#span = this.#span === '`' ? '' : '`';
    } else if (character === '(' && this.#span !== '`') {
      if (this.#span === '$(' || !this.#word.endsWith('$')) throw new WordSplitError();
      this.#span = '$(';
    } else if (character === ')' && this.#span !== '`') {
      // A bracket that closes nothing opens a span, as in the original; usually that ends as unbalanced.
      this.#span = this.#span === '$(' ? '' : '$(';
    }
  }

  #add(character: string): void {
    this.#word += character;
    this.#inWord = true;
  }

  #endWord(): void {
    if (this.#inWord) this.#words.push(this.#word);
    this.#dropWord();
  }

  #dropWord(): void {
    this.#word = '';
    this.#inWord = false;
  }
}
