import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import type { AckReport, FromGenerator, ToGenerator } from '../generator-process.ts'
import type { AckedSample, LoadPlan } from './load.ts'

export interface LoadEvents {
  readonly sample?: (sample: AckedSample) => void
  readonly minute?: (report: AckReport) => void
}

/** A load in a process of its own, so that its CPU is counted apart. */
export class Generator {
  readonly #child: ChildProcess
  readonly #ended: Promise<never>
  #events: LoadEvents = {}
  #prepared = Promise.withResolvers<void>()
  #done = Promise.withResolvers<AckReport>()

  constructor() {
    const entry = new URL(`../generator-process${extname(import.meta.filename)}`, import.meta.url)
    this.#child = fork(entry)
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the load generator ended with ${code}`)
    })
    this.#ended.catch(() => undefined)
    this.#child.on('message', (message: FromGenerator) => this.#hear(message))
  }

  /** Encodes what will be sent; compressed requests take a while. */
  async prepare(plan: LoadPlan): Promise<void> {
    this.#prepared = Promise.withResolvers()
    this.#tell({ prepare: plan })
    await Promise.race([this.#prepared.promise, this.#ended])
  }

  /** Sends what was prepared; resolves when all of it is acked, to the acks since the last minute that was told. */
  async run(events: LoadEvents = {}): Promise<AckReport> {
    this.#events = events
    this.#done = Promise.withResolvers()
    this.#tell('run')
    return Promise.race([this.#done.promise, this.#ended])
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect()
  }

  #tell(message: ToGenerator): void {
    this.#child.send(message)
  }

  #hear(message: FromGenerator): void {
    if ('prepared' in message) this.#prepared.resolve()
    else if ('sample' in message) this.#events.sample?.(message.sample)
    else if ('minute' in message) this.#events.minute?.(message.minute)
    else if ('done' in message) this.#done.resolve(message.done)
    else this.#done.reject(new Error(message.failed))
  }
}
