import { setTimeout as sleep } from 'node:timers/promises'

/** What one call to the stand-in model should behave like. */
export interface Call {
  /** Half of the calls take longer. */
  readonly medianMs: number
  /** 0..1 of the calls that fail, after the same time as those that do not. */
  readonly failureRate: number
  /** What the error says. */
  readonly failure: string
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The hosted model did not answer usefully. */
class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly code = 'MODEL'
}

/** Lognormal spread of the latencies: 95 % of the calls are within a factor of 1.6 of the median. */
const SPREAD = 0.25

/**
 * Stands in for a hosted model, so that the example needs no account: lognormal latencies and failures from
 * seeded random numbers. `speed` 10 makes everything ten times as fast.
 */
export class FakeModel {
  readonly #random: () => number
  readonly #speed: number

  constructor(options: { seed: number; speed: number }) {
    this.#random = randomNumbers(options.seed)
    this.#speed = options.speed
  }

  async call(call: Call): Promise<{ inputTokens: number; outputTokens: number; cost: number }> {
    const latencyMs = call.medianMs * Math.exp(SPREAD * this.#normal())
    const fails = this.#random() < call.failureRate
    const outputTokens = Math.round(call.outputTokens * (0.8 + 0.4 * this.#random()))
    await sleep(latencyMs / this.#speed)
    if (fails) throw new ModelError(call.failure)
    const { inputTokens } = call
    return { inputTokens, outputTokens, cost: inputTokens * 0.5e-6 + outputTokens * 1.5e-6 }
  }

  /** Box and Muller. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
  }
}

/** Mulberry32: uniform numbers in 0..1 that repeat for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
