import { InfrastructureError } from '../errors.ts'

/** How long the queue may be without a worker: one that died is started again within seconds. */
const PATIENCE_MS = 60_000
/** Counting asks Redis for all of its connections. */
const EVERY_MS = 5_000

/** Notices that nobody works on the queue any more: what waits there would wait for ever. */
export class WorkerWatch {
  readonly #count: () => Promise<number>
  readonly #now: () => number
  #seen: number
  #looked: number

  constructor(count: () => Promise<number>, now: () => number = () => performance.now()) {
    this.#count = count
    this.#now = now
    this.#seen = this.#looked = now()
  }

  /** @throws InfrastructureError once no worker has been connected for a minute */
  async look(): Promise<void> {
    if (this.#now() - this.#looked < EVERY_MS) return
    if ((await this.#count()) > 0) this.#seen = this.#now()
    this.#looked = this.#now()
    if (this.#looked - this.#seen < PATIENCE_MS) return
    throw new InfrastructureError(
      `No worker has been connected to the queue for ${PATIENCE_MS / 1000} s. Start one with \`weir up\` or \`weir worker\`: it goes on with the experiment.`,
    )
  }
}
