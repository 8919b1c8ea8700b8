import type { Refusal } from '../refusal.ts'

/** Milliseconds of work after which the event loop gets its turn: health checks, other senders, those that leave. */
const TURN_MS = 10
/**
 * Turns of the event loop after heavy work in which there is none: an answer takes several, to accept the connection, to
 * read the request, to write. Where nothing else is to be done they take microseconds.
 */
const REST = 5

/** Somebody who waits for work to be done. */
export interface Waiting {
  readonly project: string
  /** Why the work has lost its purpose, such as a sender that has left. @param waited milliseconds */
  refusal(waited: number): Refusal | undefined
}

interface Job {
  readonly waiting: Waiting
  readonly since: number
  readonly run: () => void
  readonly refuse: (error: Error) => void
}

/**
 * Shares the thread between requests, whose work is done in one go. Light work is done at once while the event loop's turn
 * is short, else in the next turns, as it came. Heavy work waits while there is any: one request at a time, the projects
 * in rotation. So nobody waits behind more heavy work than one request of each project.
 */
export class Scheduler {
  readonly #light: Job[] = []
  readonly #heavy = new Map<string, Job[]>()
  /** Milliseconds of work in this turn of the event loop. */
  #spent = 0
  /** Turns without heavy work that are left. */
  #rest = 0
  #isScheduled = false

  /** Resolves to what `work` returns; rejects with the refusal where the work has lost its purpose. */
  light<T>(waiting: Waiting, work: () => T): Promise<T> {
    return this.#add(waiting, work, true, (job) => this.#light.push(job))
  }

  heavy<T>(waiting: Waiting, work: () => T): Promise<T> {
    return this.#add(waiting, work, this.#rest === 0, (job) => {
      const jobs = this.#heavy.get(waiting.project)
      if (jobs === undefined) this.#heavy.set(waiting.project, [job])
      else jobs.push(job)
    })
  }

  #add<T>(waiting: Waiting, work: () => T, isDue: boolean, enqueue: (job: Job) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const job = { waiting, since: performance.now(), run: () => resolve(work()), refuse: reject }
      const isFree = isDue && this.#spent < TURN_MS && this.#light.length === 0 && this.#heavy.size === 0
      if (isFree) this.#do(job)
      else enqueue(job)
    })
  }

  #turn(): void {
    this.#isScheduled = false
    this.#spent = 0
    let light = 0
    while (light < this.#light.length && this.#spent < TURN_MS) this.#do(this.#light[light++]!)
    this.#light.splice(0, light)
    if (this.#rest > 0) this.#rest -= 1
    else while (this.#heavy.size > 0 && !this.#do(this.#nextHeavy()));
    if (this.#light.length > 0 || this.#heavy.size > 0 || this.#rest > 0) this.#schedule()
  }

  #nextHeavy(): Job {
    const [project, jobs] = this.#heavy.entries().next().value!
    const job = jobs.shift()!
    this.#heavy.delete(project)
    if (jobs.length > 0) this.#heavy.set(project, jobs)
    return job
  }

  /** @returns false where there was nothing to do */
  #do({ waiting, since, run, refuse }: Job): boolean {
    const began = performance.now()
    const refusal = waiting.refusal(began - since)
    if (refusal !== undefined) {
      refuse(refusal)
      return false
    }
    this.#schedule()
    try {
      run()
    } catch (error) {
      refuse(error as Error)
    }
    this.#spent += performance.now() - began
    if (this.#spent > TURN_MS) this.#rest = REST
    return true
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }
}
