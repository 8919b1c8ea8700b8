/** A minute is a `DateTime`, which ends within the minute after: runs that start from here on are in no minute. */
const MINUTES_END_NS = 4_294_967_280_000_000_000n
const MINUTE_NS = 60_000_000_000n

/** The minutes of flows whose runs a pass has written or deleted: those of their starts. */
export class TouchedMinutes {
  /** Seconds since 1970 of the minutes of each flow. */
  readonly #minutes = new Map<string, Map<string, Set<number>>>()
  #size = 0
  #first = Number.POSITIVE_INFINITY
  #last = 0

  get isEmpty(): boolean {
    return this.#size === 0
  }

  /** Seconds since 1970. */
  get first(): number {
    return this.#first
  }

  /** Seconds since 1970. */
  get last(): number {
    return this.#last
  }

  add(project: string, flow: string, startUnixNano: bigint): void {
    if (startUnixNano < 0n || startUnixNano >= MINUTES_END_NS) return
    this.#add(project, flow, 60 * Number(startUnixNano / MINUTE_NS))
  }

  /** Adds those of another one. */
  addAll(other: TouchedMinutes): void {
    for (const [project, flow, minute] of other) this.#add(project, flow, minute)
  }

  *[Symbol.iterator](): Generator<[project: string, flow: string, minute: number]> {
    for (const [project, flows] of this.#minutes) {
      for (const [flow, minutes] of flows) {
        for (const minute of minutes) yield [project, flow, minute]
      }
    }
  }

  #add(project: string, flow: string, minute: number): void {
    const flows = setDefault(this.#minutes, project, () => new Map<string, Set<number>>())
    const minutes = setDefault(flows, flow, () => new Set<number>())
    if (minutes.has(minute)) return
    minutes.add(minute)
    this.#size++
    this.#first = Math.min(this.#first, minute)
    this.#last = Math.max(this.#last, minute)
  }
}

function setDefault<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const created = create()
  map.set(key, created)
  return created
}
