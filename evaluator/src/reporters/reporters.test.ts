import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toExitCode } from '../experiment/exit-code.ts'
import type { ExperimentReport } from '../experiment/report.ts'
import { toJsonReport } from './json.ts'
import { toJunit } from './junit.ts'
import { terminalReporter } from './terminal.ts'

const base = { experimentId: 'e1', caseId: 'c<1>', trial: 0, runId: 'r', durationNs: 0, score: 0 }
const report: ExperimentReport = {
  experimentId: 'e1',
  evaluation: 'research & co',
  file: 'evals/research.eval.ts',
  revision: '0123456789abcdef',
  dataset: 'queries@1',
  datasetHash: '',
  flaky: [],
  changes: undefined,
  inputTokens: 10,
  outputTokens: 5,
  cost: 0.25,
  isCostPartial: false,
  variant: '',
  flow: 'research',
  version: '',
  mode: 'recorded',
  status: 'failed',
  planned: 1,
  evaluated: 1,
  passed: 0,
  failed: 1,
  errors: 0,
  passRate: 0,
  passRateInterval: { low: 0, high: 0.793 },
  passAt: [],
  scores: [{ name: 'brevity', mean: 0.5, min: 0.25, count: 2, interval: { low: 0.09, high: 0.91 } }],
  decidedAfter: null,
  baselineExperimentId: '',
  gates: [{ name: 'pass rate >= 1', outcome: 'failed', reason: '0 of 1 passed (0)' }],
  error: '',
  durationMs: 1234,
  trials: [
    {
      caseId: 'c<1>',
      trial: 0,
      runId: 'r',
      outcome: 'failed',
      durationMs: 5,
      input: { id: 9007199254740993n },
      reference: undefined,
      output: 'half \ud83d',
      outputLength: 0,
      inputTokens: 10,
      outputTokens: 5,
      cost: 0.25,
      isCostPartial: false,
      results: [
        { ...base, kind: 'task', name: '', outcome: 'passed', reason: '' },
        {
          ...base,
          kind: 'check',
          name: "steps.toHaveRun('plan')",
          outcome: 'failed',
          reason: 'it "did\u0001" not',
        },
      ],
    },
  ],
}

it('the terminal shows gates and what did not pass', () => {
  const lines: string[] = []
  const reporter = terminalReporter({ write: (text) => lines.push(text), dashboardUrl: 'http://d' })
  reporter.onExperimentEnd?.(report)
  expect(lines.join('')).toMatchInlineSnapshot(`
    "  FAILED  0 of 1 passed in 1.23 s  (experiment e1)
      FAIL pass rate >= 1: 0 of 1 passed (0)
      pass rate 0.0 % (95% interval 0.0 % to 79.3 %)
      score brevity: mean 0.500 (95% interval 0.090 to 0.910), min 0.250
      - c<1>
          failed steps.toHaveRun('plan'): it "did\\u0001" not
      http://d/experiments/e1
    "
  `)
})

const ACTING = [
  '\x1b[2J',
  '\n::error::',
  '::',
  ':',
  '##vso[task.x]',
  '\r',
  '\u202e',
  '\x9b',
  '\n',
  ' ',
  '\ud83d',
]
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...ACTING), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 6 })
  .map((parts) => parts.join(''))

it('whatever it is called and whatever was said of it, the terminal shows text, which no CI takes for a command', () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 7, maxLength: 7 }), (texts) => {
      const [evaluation, variant, caseId, reason, gate, name, error] = texts as [string, ...string[]]
      const written: string[] = []
      const reporter = terminalReporter({ write: (text) => written.push(text), dashboardUrl: 'http://d' })
      const plan = {
        outline: { name: evaluation },
        variant: { name: variant },
        cases: [{}],
        trials: 1,
        baseline: name,
      }
      reporter.onExperimentStart?.(plan as never, 'recorded')
      const result = {
        ...base,
        kind: 'check' as const,
        name: name!,
        outcome: 'failed' as const,
        reason: reason!,
      }
      reporter.onExperimentEnd?.({
        ...report,
        error: error!,
        gates: [{ name: gate!, outcome: 'failed', reason: reason! }],
        scores: [{ ...report.scores[0]!, name: name! }],
        trials: [{ ...report.trials[0]!, caseId: caseId!, results: [result] }],
      })
      const text = written.join('')
      expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]|^\s*::|##\w*\[/mu)
      expect(text.isWellFormed()).toBe(true)
      for (const line of text.split('\n').slice(1)) expect(line).toMatch(/^( |$)/)
    }),
    { numRuns: 300 },
  )
})

it('progress says how many ran, how fast, how many failed and how long it will take', () => {
  const plan = {
    outline: { name: 'x' },
    variant: { name: '' },
    cases: Array(100).fill({}),
    trials: 2,
    judged: [],
  } as never
  const follow = (isInteractive: boolean, everyMs: number) => {
    const written: string[] = []
    let nowMs = 0
    const reporter = terminalReporter({
      write: (text) => written.push(text),
      isInteractive,
      now: () => nowMs,
    })
    reporter.onExperimentStart?.(plan, 'local')
    for (let done = 1; done <= 200; done++) {
      nowMs += everyMs
      const error = done % 50 === 0 ? { reason: 'thrown' as const, message: 'no' } : undefined
      reporter.onTrial?.(plan, done, { caseId: 'a', trial: 0, runId: '', durationMs: 1, error })
    }
    return written.slice(1)
  }
  const redrawn = follow(true, 50)
  expect(redrawn).toHaveLength(100)
  expect(redrawn[49]).toBe('\r\x1b[2K  ██████████░░░░░░░░░░ 100 of 200 · 20/s · 2 errors · 5 s left')
  expect(redrawn.at(-1)).toBe('\r\x1b[2K  ████████████████████ 200 of 200 · 20/s · 4 errors · judging')
  const printed = follow(false, 1_500)
  expect(printed).toHaveLength(10)
  expect(printed[0]).toBe('  ██░░░░░░░░░░░░░░░░░░ 20 of 200 · 40.0/min · 270 s left\n')
})

it('the terminal says that there is nothing to compare with', () => {
  const lines: string[] = []
  const reporter = terminalReporter({ write: (text) => lines.push(text) })
  const plan = {
    outline: { name: 'research' },
    variant: { name: '' },
    cases: [{}],
    trials: 1,
    baseline: 'main',
  }
  reporter.onExperimentStart?.(plan as never, 'recorded')
  reporter.onExperimentStart?.({ ...plan, baselineExperimentId: 'e0' } as never, 'recorded')
  expect(lines).toEqual([
    'research: 1 case, recorded; there is no baseline "main" yet\n',
    'research: 1 case, recorded\n',
  ])
})

it('JUnit is well-formed and counts trials and gates', () => {
  expect(toJunit([report])).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite name="research &amp; co" tests="2" failures="2" errors="0" time="1.234">
        <testcase classname="research &amp; co" name="c&lt;1&gt;" time="0.005">
          <failure message="failed steps.toHaveRun('plan'): it &quot;did�&quot; not">failed steps.toHaveRun('plan'): it &quot;did�&quot; not</failure>
        </testcase>
        <testcase classname="research &amp; co" name="gate: pass rate &gt;= 1" time="0.000">
          <failure message="0 of 1 passed (0)">0 of 1 passed (0)</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `)
})

const withReason = (reason: string): ExperimentReport => ({
  ...report,
  error: reason,
  gates: [{ name: reason, outcome: 'failed', reason }],
  trials: [{ ...report.trials[0]!, results: [{ ...report.trials[0]!.results[1]!, name: reason, reason }] }],
})

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '<',
      '&',
      '"',
      ']',
      '>',
      '\r',
      '\n',
      '\u0000',
      '\u001b',
      '\ud83d',
      '\ude00',
      '😀',
      '\ufffe',
      '\uffff',
    ),
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  ),
  maxLength: 20,
})

it('JUnit holds characters of XML 1.0 only, and every legal text comes out of it as it was', () => {
  const isLegal = (point: number) =>
    [0x9, 0xa, 0xd].includes(point) ||
    (point >= 0x20 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    point >= 0x10000
  const read: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#13': '\r' }
  fc.assert(
    fc.property(anyText, (text) => {
      const xml = toJunit([withReason(text)])
      expect(Array.from(xml).every((character) => isLegal(character.codePointAt(0)!))).toBe(true)
      const [, error = ''] = /<error message="[^"<]*">([^<]*)<\/error>/.exec(xml) ?? []
      expect(error.includes('\r')).toBe(false)
      expect(error.replaceAll(/&([^;]*);/g, (_, name: string) => read[name]!)).toBe(
        Array.from(text, (character) => (isLegal(character.codePointAt(0)!) ? character : '\ufffd')).join(''),
      )
    }),
  )
})

it('the JSON report is Unicode, and says the rest as it is', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const [read] = JSON.parse(toJsonReport([withReason(text)], 1)).experiments
      expect([read.error, read.gates[0].name, read.trials[0].results[0].reason]).toEqual(
        Array(3).fill(text.toWellFormed()),
      )
    }),
  )
})

it('an experiment that could not be evaluated outweighs a failed gate', () => {
  expect(toExitCode([])).toBe(3)
  expect(toExitCode([{ status: 'passed' }])).toBe(0)
  expect(toExitCode([{ status: 'passed' }, { status: 'failed' }])).toBe(1)
  expect(toExitCode([{ status: 'failed' }, { status: 'error' }])).toBe(3)
})
