const KEPT_CHARACTERS_MAX = 1_048_576;

/** Prints a text that comes in pieces, and may begin anew, so that what was printed already is not printed again. */
export class OncePrinter {
  readonly #out: (text: string) => void;
  /** The beginning of what was printed: what comes again is compared with it. */
  #kept = '';
  /** How much of it came again so far; undefined = nothing does. */
  #repeated: number | undefined;
  #lineIsOpen = false;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** What comes next is the text from its beginning. */
  startOver(): void {
    this.#repeated = 0;
  }

  print(text: string): void {
    const fresh = this.#repeated === undefined ? text : this.#withoutRepeated(text, this.#repeated);
    if (fresh === '') return;
    if (this.#kept.length < KEPT_CHARACTERS_MAX) {
      this.#kept += fresh.slice(0, KEPT_CHARACTERS_MAX - this.#kept.length);
    }
    this.#lineIsOpen = !fresh.endsWith('\n');
    this.#out(fresh);
  }

  endLine(): void {
    if (this.#lineIsOpen) this.#out('\n');
    this.#lineIsOpen = false;
  }

  /** Once the middle was left out, the text goes on after a mark: it is new from where it differs. */
  #withoutRepeated(text: string, from: number): string {
    let length = 0;
    while (length < text.length && text[length] === this.#kept[from + length]) length += 1;
    this.#repeated = length === text.length ? from + length : undefined;
    return text.slice(length);
  }
}
