import {
  type CaseChange,
  countCaseChanges,
  insertResults,
  listCaseResults,
  listResults,
  type Outcome,
  type Result,
} from '@weir/store/evaluations'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesBetween } from './baseline-changes.ts'
import { toTrials } from './report.ts'
import { useStore } from './testing.ts'

const store = useStore()

const outcome = fc.constantFrom<Outcome[]>('passed', 'passed', 'passed', 'failed', 'unverifiable', 'error')
/** Of each trial, what its task, a check and a scorer said. */
const trials = fc.array(fc.tuple(outcome, outcome, outcome), { minLength: 1, maxLength: 3 })
const cases = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), trials)

const KINDS = ['task', 'check', 'scorer'] as const

function toResults(experimentId: string, of: Readonly<Record<string, Outcome[][]>>): Result[] {
  return Object.entries(of).flatMap(([caseId, all]) =>
    all.flatMap((outcomes, trial) =>
      outcomes.map((each, i): Result => {
        const [runId, kind] = [`${experimentId}-${caseId}-${trial}`, KINDS[i]!]
        const judged = { outcome: each, score: 0, reason: '', runId, durationNs: 1 }
        return { experimentId, caseId, trial, kind, name: kind === 'task' ? '' : kind, ...judged }
      }),
    ),
  )
}

/** Ids of cases that changed so, as pages say. */
async function casesOf(experimentId: string, baselineExperimentId: string, change: CaseChange) {
  const { rows } = await listCaseResults(store(), {
    experimentId,
    baselineExperimentId,
    change,
    limit: 1_000,
  })
  return [...new Set(rows.map(({ caseId }) => caseId))]
}

test('property: reports and pages say the same of what broke, was mended, or is new', async () => {
  await fc.assert(
    fc.asyncProperty(cases, cases, async (before, after) => {
      const [id, baseline] = [crypto.randomUUID(), crypto.randomUUID()]
      await insertResults(store(), [...toResults(id, after), ...toResults(baseline, before)])
      const trialsOf = async (experimentId: string) => toTrials(await listResults(store(), { experimentId }))
      const [now, old] = [await trialsOf(id), await trialsOf(baseline)]
      const facts = new Map()
      const report = changesBetween({ experimentId: baseline, trials: old, facts }, { trials: now, facts })
      const counted = await countCaseChanges(store(), { experimentId: id, baselineExperimentId: baseline })
      const count = (change: CaseChange) => counted.find((one) => one.change === change)?.cases ?? 0
      // Without a case in common the report says nothing: then all are new.
      const { broke = [], mended = [], added = Object.keys(after).sort() } = report ?? {}
      expect(await casesOf(id, baseline, 'broke')).toEqual(broke)
      expect(await casesOf(id, baseline, 'mended')).toEqual(mended)
      expect(await casesOf(id, baseline, 'new')).toEqual(added)
      expect(counted.reduce((sum, one) => sum + one.cases, 0)).toBe(Object.keys(after).length)
      expect(count('broke') + count('mended') + count('new')).toBe(
        broke.length + mended.length + added.length,
      )
    }),
    { numRuns: 60 },
  )
})
