import { setTimeout as sleep } from 'node:timers/promises'

/** Together, the runs of so many trials are read in two thirds of the time that groups of eight take. */
const MOST_TRIALS = 100
/** If the process ends, what was gathered runs again: so it is what ended a moment ago. */
const WAIT_MS = 20

interface Gathering {
  trials: number
  readonly isFull: PromiseWithResolvers<void>
  readonly isOver: Promise<unknown>
}

let current: Gathering | undefined

/** Resolves for a trial whose task has ended, together with others that end soon after it. */
export async function gatherTrials(): Promise<void> {
  current ??= begin()
  const { isFull, isOver } = current
  if (++current.trials === MOST_TRIALS) {
    current = undefined
    isFull.resolve()
  }
  await isOver
}

function begin(): Gathering {
  const isFull = Promise.withResolvers<void>()
  const gathering: Gathering = { trials: 0, isFull, isOver: Promise.race([isFull.promise, sleep(WAIT_MS)]) }
  void gathering.isOver.then(() => {
    if (current === gathering) current = undefined
  })
  return gathering
}
