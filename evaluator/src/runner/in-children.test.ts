import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { toExitCode } from '../experiment/exit-code.ts'
import type { ExperimentReport } from '../experiment/report.ts'
import { runCode } from '../experiment/run-evaluation.ts'
import type { EvaluationCode } from './evaluation-code.ts'
import { loadInChild } from './in-children.ts'
import { RunnerProcesses } from './runner-processes.ts'

const FAST = fileURLToPath(new URL('../../fixtures/runner/fast.eval.ts', import.meta.url))
const HOSTILE = fileURLToPath(new URL('../../fixtures/runner/hostile.eval.ts', import.meta.url))

const load = (file: string) =>
  loadInChild(
    file,
    new RunnerProcesses({
      directory: process.cwd(),
      recording: 'memory',
      // So that the one that exhausts it does so soon.
      env: { NODE_OPTIONS: '--max-old-space-size=200' },
      stdout: 'stderr',
      keepLoaded: true,
    }),
  )

const runLocally = async (code: EvaluationCode) => (await runCode(code, { kind: 'local' }, {}, {}))[0]!

const taskReasons = (report: ExperimentReport) =>
  Object.fromEntries(
    report.trials.map(({ caseId, outcome, results }) => [caseId, `${outcome}: ${results[0]!.reason}`]),
  )

it('whatever TypeScript a project has is loaded as its tsconfig.json says', async () => {
  const [code] = await load(
    fileURLToPath(new URL('../../fixtures/typescript/application.eval.ts', import.meta.url)),
  )
  expect(await runLocally(code!)).toMatchObject({ status: 'passed', passed: 1 })
})

describe('runs are judged where they can be', () => {
  let codes: EvaluationCode[]
  const report = (name: string) => runLocally(codes.find(({ outline }) => outline.name === name)!)

  beforeAll(async () => {
    codes = await load(fileURLToPath(new URL('../../fixtures/runner/two-judges.eval.ts', import.meta.url)))
  })

  it('in this process or in that of the code, with the same verdicts', async () => {
    const [byData, byCode] = [await report('by data'), await report('by code')]
    expect(byData).toMatchObject({ passed: 2, failed: 0, errors: 1, cost: 1, inputTokens: 36 })
    expect(byCode).toMatchObject({ passed: 2, failed: 0, errors: 1, cost: 1, inputTokens: 36 })
    const seen = ({ trials }: ExperimentReport) =>
      new Map(
        trials.map(({ caseId, outcome, output, cost, results }) => {
          const verdicts = results.slice(0, 6).map(({ kind, name, outcome }) => ({ kind, name, outcome }))
          return [caseId, { outcome, output, cost, verdicts }]
        }),
      )
    expect(seen(byCode)).toEqual(seen(byData))
  })

  it('however long their outputs are together', async () => {
    expect(await report('long')).toMatchObject({
      status: 'passed',
      evaluated: 9,
      passed: 1,
      failed: 8,
      errors: 0,
    })
  })
})

it('of many fast tasks, those that were asked for beside one that does harm run nevertheless', async () => {
  const codes = await load(FAST)
  const report = await runLocally(codes.find(({ outline }) => outline.name === 'harmful')!)
  expect(report).toMatchObject({ evaluated: 600, passed: 597, errors: 3, failed: 0 })
  const reasons = report.trials
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ results }) => results[0]!.reason)
  expect(reasons.sort()).toEqual([
    'The case took longer than its timeout of 300 ms.',
    'The case took longer than its timeout of 300 ms.',
    'The process that ran the evaluation ended: signal SIGKILL.',
  ])
})

it('no more tasks are at work than may be, however many are asked for', async () => {
  const codes = await load(FAST)
  const report = await runLocally(codes.find(({ outline }) => outline.name === 'at work')!)
  expect(report).toMatchObject({ evaluated: 500, passed: 500 })
  expect(Math.max(...report.trials.map(({ output }) => Number(output)))).toBe(3)
})

describe('a task that harms its process', () => {
  let codes: EvaluationCode[]

  beforeAll(async () => {
    codes = await load(HOSTILE)
  })

  it('makes its own trial an error, and no other', async () => {
    const report = await runLocally(codes.find(({ outline }) => outline.name === 'hostile')!)
    expect(taskReasons(report)).toEqual({
      exits: 'error: process.exit(0) was called.',
      'exits and catches it': 'error: process.exit(0) was called.',
      'throws in a timer': 'error: An error was thrown outside of its promise: in a timer',
      'throws in a timer once it has ended': 'error: An error was thrown outside of its promise: too late',
      'rejects unhandled': 'error: A promise was rejected that nobody waited for: unhandled',
      'holds the event loop': expect.stringMatching(/^error: .* held its event loop for \d+ ms\.$/),
      'holds the event loop for longer than it may':
        'error: The case took longer than its timeout of 1000 ms.',
      'exhausts memory': 'error: The process that ran the evaluation ended: signal SIGABRT.',
      'kills its process': 'error: The process that ran the evaluation ended: signal SIGKILL.',
      'never ends': 'error: The case took longer than its timeout of 1000 ms.',
      'ignores that it was stopped': 'error: The case took longer than its timeout of 1000 ms.',
      'cuts its connection': 'error: The process that ran the evaluation ended: signal SIGKILL.',
      ...Object.fromEntries([1, 2, 3].map((index) => [`plain ${index}`, 'passed: '])),
    })
    expect(report).toMatchObject({ status: 'failed', planned: 15, evaluated: 15, passed: 3, errors: 12 })
    expect(toExitCode([report])).toBe(1)
  })

  it('is found when its last trial has ended, too', async () => {
    expect(taskReasons(await runLocally(codes.find(({ outline }) => outline.name === 'late')!))).toEqual({
      alone: 'error: An error was thrown outside of its promise: too late',
    })
  })

  it('ends no process that belongs to no trial, and is an error of the experiment', async () => {
    const [code] = await load(fileURLToPath(new URL('../../fixtures/runner/exits.eval.ts', import.meta.url)))
    const report = await runLocally(code!)
    expect(report).toMatchObject({
      status: 'error',
      error: 'Outside of any trial: process.exit(3) was called.',
      passed: 1,
    })
    expect(toExitCode([report])).toBe(3)
  })

  it('is found when a scorer has ended, too', async () => {
    expect(await runLocally(codes.find(({ outline }) => outline.name === 'late scorer')!)).toMatchObject({
      status: 'error',
      error: 'Outside of any trial: An error was thrown outside of its promise: too late',
    })
  })

  it('is no other than a scorer that does', async () => {
    const report = await runLocally(codes.find(({ outline }) => outline.name === 'hostile scorers')!)
    const scored = report.trials.map(({ caseId, results }) => [caseId, results.at(-1)!.outcome])
    expect(Object.fromEntries(scored)).toEqual({
      exits: 'error',
      'throws in a timer': 'error',
      'rejects unhandled': 'error',
      'kills its process': 'error',
      plain: 'passed',
    })
    expect(report).toMatchObject({ status: 'failed', passed: 1, errors: 4 })
    expect(report.gates.at(-1)).toMatchObject({ outcome: 'unverifiable' })
  })
})
