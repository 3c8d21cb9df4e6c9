const PAGE_BITS = 11;
const PAGE_CELLS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_CELLS - 1;

/** What a page is made of: a typed array or an array. */
export interface Cells<T> {
  [index: number]: T;
  fill(value: T): unknown;
}

/**
 * An array without end, in pages of 2,048 cells. A page is made when a cell of it first gets another value than the
 * usual one, so a column that few use costs little; nothing is copied, hence nothing left behind, when it grows.
 */
export class Paged<T> {
  readonly #pages: (Cells<T> | undefined)[] = [];
  readonly #usual: T;
  readonly #make: (cells: number) => Cells<T>;

  /**
   * @param usual value of every cell that was not set
   * @param make makes a page of so many cells, of any content
   */
  constructor(usual: T, make: (cells: number) => Cells<T>) {
    this.#usual = usual;
    this.#make = make;
  }

  /** @param at integer ≥ 0 */
  get(at: number): T {
    const page = this.#pages[at >>> PAGE_BITS];
    return page === undefined ? this.#usual : (page[at & PAGE_MASK] as T);
  }

  set(at: number, value: T): void {
    const number = at >>> PAGE_BITS;
    let page = this.#pages[number];
    if (page === undefined) {
      if (value === this.#usual) {
        return;
      }
      page = this.#add(number);
    }
    page[at & PAGE_MASK] = value;
  }

  clear(): void {
    this.#pages.length = 0;
  }

  #add(number: number): Cells<T> {
    while (this.#pages.length < number) {
      this.#pages.push(undefined);
    }
    const page = this.#make(PAGE_CELLS);
    page.fill(this.#usual);
    this.#pages[number] = page;
    return page;
  }
}
