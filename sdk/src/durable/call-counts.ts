/** Tells the calls of a handler apart: the same whenever it is executed. */
export class CallCounts {
  readonly #counts: Map<string, number> = new Map()

  /** How often it was called before. */
  count(kind: 'step' | 'run' | 'wait' | 'sleep' | 'change', name: string, key: string | undefined): number {
    const identity = JSON.stringify([kind, name, key])
    const count = this.#counts.get(identity) ?? 0
    this.#counts.set(identity, count + 1)
    return count
  }
}
