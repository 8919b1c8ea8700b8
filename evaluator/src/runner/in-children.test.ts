import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { toExitCode } from '../experiment/exit-code.ts'
import type { ExperimentReport } from '../experiment/report.ts'
import { runCode } from '../experiment/run-evaluation.ts'
import type { EvaluationCode } from './evaluation-code.ts'
import { loadInChild } from './in-children.ts'
import { RunnerProcesses } from './runner-processes.ts'

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
