/** The newest samples of one series. Grows by doubling up to its capacity, then forgets the oldest. */
export class Ring {
  readonly #capacity: number;
  #at: Float64Array;
  #value: Float64Array;
  #next = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#at = new Float64Array(Math.min(16, capacity));
    this.#value = new Float64Array(Math.min(16, capacity));
  }

  push(at: number, value: number): void {
    if (this.#size === this.#at.length && this.#size < this.#capacity) this.#grow();
    this.#at[this.#next] = at;
    this.#value[this.#next] = value;
    this.#next = (this.#next + 1) % this.#at.length;
    this.#size = Math.min(this.#size + 1, this.#at.length);
  }

  /** Oldest first, as they came. */
  between(from: number, to: number): { at: number; value: number }[] {
    const found: { at: number; value: number }[] = [];
    for (let i = 0; i < this.#size; i++) {
      const place = (this.#next - this.#size + i + this.#at.length) % this.#at.length;
      const at = this.#at[place] as number;
      if (at >= from && at < to) found.push({ at, value: this.#value[place] as number });
    }
    return found;
  }

  get oldestAt(): number | undefined {
    return this.#size === 0 ? undefined : this.#at[(this.#next - this.#size + this.#at.length) % this.#at.length];
  }

  get newest(): { at: number; value: number } | undefined {
    if (this.#size === 0) return undefined;
    const place = (this.#next - 1 + this.#at.length) % this.#at.length;
    return { at: this.#at[place] as number, value: this.#value[place] as number };
  }

  #grow(): void {
    const length = Math.min(this.#capacity, this.#at.length * 2);
    const all = this.between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.#at = new Float64Array(length);
    this.#value = new Float64Array(length);
    all.forEach((sample, i) => {
      this.#at[i] = sample.at;
      this.#value[i] = sample.value;
    });
    this.#next = all.length;
  }
}
