import { describe, expect, it } from 'vitest'
import { uniform } from '../statistics/testing.ts'
import { useStore } from '../testing.ts'
import { compare } from './compare.ts'
import { parseSide } from './side.ts'
import { duration, insertRuns, type TestRun } from './testing.ts'

const NOW = new Date('2026-11-20T12:00:00Z')
const store = useStore()

/** Runs of two tiers, of which the gold ones take ten times as long; `gold` is their share. */
function runsOf(flow: string, version: string, gold: number, seed: number, factor = 1): TestRun[] {
  const next = uniform(seed)
  return Array.from({ length: 300 }, (_, i) => {
    const isGold = next() < gold
    const milliseconds = duration(next, isGold ? 1000 : 100) * factor
    return {
      ...{ runId: `${flow}-${version}-${i}`, flow, version, milliseconds },
      start: new Date(NOW.getTime() - 3_600_000 - i * 1000),
      steps: [{ name: 'work', milliseconds }],
      // The last key is one that every object of JavaScript has.
      metadata: { tier: isGold ? 'gold' : 'free', seats: isGold ? 50 : 1, constructor: isGold },
    }
  })
}

const compareBy = (flow: string, adjust?: string) =>
  compare(store(), {
    flow,
    base: parseSide('version=1', NOW),
    candidate: parseSide('version=2', NOW),
    now: NOW,
    ...(adjust !== undefined && { adjust }),
  })

describe('a comparison that is adjusted', () => {
  it('sees no change where only the mix changed, in runs and in steps', async () => {
    const flow = 'mixed'
    await insertRuns(store(), [...runsOf(flow, '1', 0.2, 1), ...runsOf(flow, '2', 0.7, 2)])
    expect((await compareBy(flow)).run.metrics.duration.verdict).toBe('slower')
    for (const adjust of ['tier', 'seats', 'constructor']) {
      const { run, steps, verdict, adjusted, notes } = await compareBy(flow, adjust)
      expect(adjusted).toBe(adjust)
      expect(verdict).toBe('no clear change')
      for (const { metrics } of [run, ...steps]) {
        expect(metrics.duration).toMatchObject({ verdict: 'no clear change', baseN: 300, candidateN: 300 })
        expect(metrics.duration.effect!.low).toBeLessThan(1)
        expect(metrics.duration.effect!.high).toBeGreaterThan(1)
        expect(metrics.success).toMatchObject({ verdict: 'no clear change', base: 1, candidate: 1 })
        expect(metrics.p95.verdict).toBe('not compared')
      }
      expect(notes.map(({ text }) => text)).toContainEqual(
        expect.stringMatching(/^The sides differ in (tier|seats|constructor): .* That is adjusted for\.$/),
      )
    }
  })

  it('sees a change that the mix hides', async () => {
    const flow = 'hidden'
    await insertRuns(store(), [...runsOf(flow, '1', 0.7, 3), ...runsOf(flow, '2', 0.2, 4, 1.4)])
    expect((await compareBy(flow)).run.metrics.duration.verdict).toBe('faster')
    const { metrics } = (await compareBy(flow, 'tier')).run
    expect(metrics.duration.verdict).toBe('slower')
    expect(metrics.duration.effect!.value).toBeCloseTo(1.4, 0)
  })

  it('leaves out what only one side has, and says so', async () => {
    const flow = 'alone'
    const only = runsOf(flow, '2', 0, 6).map((run, i) =>
      i < 30 ? { ...run, metadata: { tier: 'trial' } } : run,
    )
    await insertRuns(store(), [...runsOf(flow, '1', 0, 5), ...only])
    const { run, notes } = await compareBy(flow, 'tier')
    expect(run.metrics.success).toMatchObject({ baseN: 300, candidateN: 270 })
    expect(notes.map(({ text }) => text)).toContain(
      '10% of the runs of version 2 have a tier that the other side has not: they are not compared.',
    )
  })

  it('knows environments, and refuses what no run has', async () => {
    const flow = 'environments'
    await insertRuns(store(), [...runsOf(flow, '1', 0.5, 7), ...runsOf(flow, '2', 0.5, 8)])
    expect((await compareBy(flow, 'environment')).run.metrics.duration.effect).not.toBeNull()
    await expect(compareBy(flow, 'teir')).rejects.toThrow('No run of either side has "teir" in its metadata')
    await expect(compareBy(flow, 'user')).rejects.toThrow('No run of either side has a user.')
  })

  it('is none of two experiments that share cases', async () => {
    const flow = 'experiments'
    const of = (version: string): TestRun[] =>
      runsOf(flow, version, 0, 9)
        .slice(0, 10)
        .map((run, i) => ({ ...run, experimentId: `e${version}`, source: 'experiment', caseId: `c${i}` }))
    await insertRuns(store(), [...of('1'), ...of('2')])
    const sides = { base: parseSide('experiment=e1', NOW), candidate: parseSide('experiment=e2', NOW) }
    await expect(compare(store(), { flow, ...sides, adjust: 'tier' })).rejects.toThrow(
      'there is nothing to adjust for tier',
    )
  })
})
