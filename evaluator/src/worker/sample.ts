import { createHash } from 'node:crypto'

/** Whether a run is in a monitor's sample (0..1): always the same answer for the same run. */
export function isSampled(monitor: string, runId: string, sample: number): boolean {
  if (sample >= 1) return true
  const hash = createHash('sha256').update(`${monitor} ${runId}`).digest()
  return hash.readUInt32BE(0) / 2 ** 32 < sample
}
