import { atSimulatedTime } from './simulated-time.ts'

const HOUR_MS = 3_600_000

/** A stretch of the last day with some runs in it. */
export interface Traffic {
  readonly runs: number
  /** Hours before now. */
  readonly fromHoursAgo: number
  readonly toHoursAgo: number
  readonly run: (index: number) => Promise<unknown>
}

/**
 * Runs all traffic, `concurrency` runs at a time. The streams are mixed, and each is in no order of time. So what else the machine does
 * weighs on all streams and on all hours of the day alike. A run that fails is part of the picture: its error is
 * in the record.
 */
export async function simulateLastDay(
  streams: readonly Traffic[],
  { speed, concurrency }: { speed: number; concurrency: number },
): Promise<void> {
  const now = Date.now()
  const jobs = mixed(
    streams.map((traffic) => startTimes(traffic, now).map((at, index) => ({ at, index, traffic }))),
  )
  const next = jobs[Symbol.iterator]()
  const worker = async () => {
    for (const { at, index, traffic } of next) {
      await atSimulatedTime(at, speed, () => traffic.run(index)).catch(() => {})
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}

/** Evenly spread with some jitter: the golden ratio's multiples, which look irregular and repeat exactly. */
function startTimes({ runs, fromHoursAgo, toHoursAgo }: Traffic, now: number): number[] {
  const span = (fromHoursAgo - toHoursAgo) * HOUR_MS
  return Array.from({ length: runs }, (_, index) => {
    const jitter = (index * 0.6180339887) % 1
    return now - fromHoursAgo * HOUR_MS + ((index + jitter) / runs) * span
  })
}

/** Each list spread over the whole, neighbours far apart: by the golden ratio's multiples. */
function mixed<T>(lists: readonly (readonly T[])[]): T[] {
  return lists
    .flatMap((list) => list.map((item, index) => ({ item, place: (index * 0.6180339887) % 1 })))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}
