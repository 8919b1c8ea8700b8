import { readFile, writeFile } from 'node:fs/promises'
import { shareInterval } from '@weir/store/compare'
import type { Outcome, Result } from '@weir/store/evaluations'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type BaselineChanges, changesBetween } from '../experiment/baseline-changes.ts'
import type { ExperimentReport, TrialReport } from '../experiment/report.ts'
import { toAnnotations } from './github.ts'
import { toJsonReport } from './json.ts'
import { toMarkdown } from './markdown.ts'
import { jsonReport } from './report-schema.ts'
import { terminalReporter } from './terminal.ts'

const SCHEMA = new URL('../../report.schema.json', import.meta.url)

function trialOf(caseId: string, outcome: Outcome, score: number, durationMs = 100, trial = 0): TrialReport {
  const of = { experimentId: 'e1', caseId, trial, runId: `run ${caseId} ${trial}`, durationNs: 0 }
  const check = { ...of, kind: 'check' as const, name: "steps.toHaveRun('search')" }
  const results: Result[] = [
    { ...of, kind: 'task', name: '', outcome: 'passed', score: 1, reason: '' },
    {
      ...check,
      outcome,
      score: outcome === 'passed' ? 1 : 0,
      reason: outcome === 'passed' ? '' : 'it did not run',
    },
    { ...of, kind: 'scorer', name: 'brevity', outcome: 'passed', score, reason: '' },
  ]
  const facts = {
    output: { a: 1n },
    outputLength: 0,
    inputTokens: 10,
    outputTokens: 5,
    cost: 0.01,
    isCostPartial: false,
  }
  return {
    caseId,
    trial,
    runId: of.runId,
    outcome,
    durationMs,
    input: { id: 2n ** 60n },
    reference: undefined,
    ...facts,
    results,
  }
}

const side = (trials: readonly TrialReport[]) => ({
  trials,
  facts: new Map(trials.map((trial) => [trial.runId, trial])),
})

const before = [trialOf('moon', 'passed', 1), trialOf('sun', 'failed', 0.5), trialOf('old', 'passed', 1)]
const after = [
  trialOf('moon', 'failed', 0.5, 200),
  trialOf('sun', 'passed', 0.75, 100),
  trialOf('new', 'passed', 1),
]
const changes = changesBetween({ experimentId: 'e0', ...side(before) }, side(after))

const report: ExperimentReport = {
  experimentId: 'e1',
  evaluation: 'research.pipeline',
  file: 'evals/research.eval.ts',
  variant: '',
  flow: 'research',
  version: '2',
  revision: '0123456789abcdef',
  dataset: 'queries@1',
  datasetHash: 'abc',
  mode: 'recorded',
  status: 'failed',
  planned: 3,
  decidedAfter: null,
  baselineExperimentId: 'e0',
  flaky: [],
  changes,
  gates: [
    { name: 'pass rate >= 1', outcome: 'failed', reason: '2 of 3 passed (0.6667)' },
    { name: 'mean of brevity >= 0.5', outcome: 'passed', reason: 'it is 0.75 of 3' },
  ],
  error: '',
  durationMs: 1500,
  evaluated: 3,
  passed: 2,
  failed: 1,
  errors: 0,
  passRate: 2 / 3,
  passRateInterval: { low: 0.208, high: 0.939 },
  passAt: [],
  scores: [{ name: 'brevity', mean: 0.75, min: 0.5, count: 3, interval: { low: 0.26, high: 0.96 } }],
  inputTokens: 30,
  outputTokens: 15,
  cost: 0.03,
  isCostPartial: false,
  trials: after,
}

/** Of means over two cases. */
const intervals = (mean: number, baseline: number) => ({
  interval: shareInterval(mean, 2),
  baselineInterval: shareInterval(baseline, 2),
})

describe('changes against a baseline', () => {
  it('are of the cases that both have', () => {
    expect(changes).toEqual({
      experimentId: 'e0',
      ...{ broke: ['moon'], mended: ['sun'], added: ['new'], removed: ['old'] },
      passRate: { name: 'pass rate', mean: 0.5, baseline: 0.5, ...intervals(0.5, 0.5) },
      scores: [{ name: 'brevity', mean: 0.625, baseline: 0.75, ...intervals(0.625, 0.75) }],
      duration: { name: 'duration', mean: 150, baseline: 100 },
      cost: { name: 'cost', mean: 0.01, baseline: 0.01 },
    } satisfies BaselineChanges)
  })

  it('break a case if one of its trials does not pass', () => {
    const trials = [trialOf('moon', 'passed', 1), trialOf('moon', 'error', 1, 1, 1)]
    expect(changesBetween({ experimentId: 'e0', ...side(before) }, side(trials))).toMatchObject({
      broke: ['moon'],
    })
  })

  it('are none where no case is shared', () => {
    expect(changesBetween({ experimentId: 'e0', ...side([]) }, side(after))).toBeUndefined()
  })
})

it('the summary of a pull request says what decided, what changed, and what to look at', () => {
  expect(toMarkdown([report], { dashboardUrl: 'http://weir' })).toBe(`## ❌ Evaluations: 1 of 1 failed

### ❌ \`research.pipeline\`: 2 of 3 trials passed

- ❌ \`pass rate >= 1\` failed: \`2 of 3 passed (0.6667)\`
- ✅ 1 gate passed

Pass rate 66.7 % (95 % interval 20.8 % to 93.9 %)

- **Broke (1)**: \`moon\`
- **Mended (1)**: \`sun\`
- **New cases (1)**: \`new\`
- **Cases that are gone (1)**: \`old\`

| over the cases that both have | now (95 % interval) | baseline | change |
|---|---:|---:|---:|
| pass rate | 50.0 % (9.5 % to 90.5 %) | 50.0 % (9.5 % to 90.5 %) |  |
| \`brevity\` | 0.625 (0.142 to 0.944) | 0.750 (0.198 to 0.973) | −0.125 |
| duration of a trial | 150 ms | 100 ms | +50 % |
| cost of a trial | $0.0100 | $0.0100 |  |

<details><summary>1 trial that did not pass</summary>

- \`moon\`
  - failed \`steps.toHaveRun('search')\`: \`it did not run\`

</details>

[experiment e1](http://weir/experiments/e1) · 1.5 s · 45 tokens · $0.0300 · dataset \`queries@1\` · revision \`0123456789ab\`
`)
})

it('the summary says that all is well in a few lines', () => {
  const good = {
    ...report,
    status: 'passed' as const,
    changes: undefined,
    trials: [],
    gates: [report.gates[1]!],
    passed: 3,
  }
  expect(toMarkdown([good])).toBe(`## ✅ The evaluation passed

### ✅ \`research.pipeline\`: 3 of 3 trials passed

- ✅ 1 gate passed

Pass rate 66.7 % (95 % interval 20.8 % to 93.9 %)

Scores, as means: \`brevity\` 0.750 (95 % interval 0.260 to 0.960, lowest 0.500)

experiment \`e1\` · 1.5 s · 45 tokens · $0.0300 · dataset \`queries@1\` · revision \`0123456789ab\`
`)
  expect(toMarkdown([])).toContain('Nothing was evaluated')
})

it('of several trials, the summary says how often one of k passes, and how often all do', () => {
  const [any, all] = [
    { low: 0.4, high: 1 },
    { low: 0.1, high: 0.8 },
  ]
  const several = {
    ...report,
    changes: undefined,
    passAt: [{ k: 3, any: 0.9, anyInterval: any, all: 0.5, allInterval: all }],
  }
  expect(toMarkdown([several])).toContain(`Pass rate 66.7 % (95 % interval 20.8 % to 93.9 %)

| k | one of k trials passes (pass@k) | all k pass (pass^k) |
|---|---:|---:|
| 3 | 90.0 % (40.0 % to 100.0 %) | 50.0 % (10.0 % to 80.0 %) |

`)
  const written: string[] = []
  terminalReporter({ write: (text) => written.push(text) }).onExperimentEnd?.(several)
  expect(written.join('')).toContain(
    '  pass@3 90.0 % (40.0 % to 100.0 %), pass^3 50.0 % (10.0 % to 80.0 %)\n',
  )
})

it('variants of an evaluation stand side by side', async () => {
  const small = {
    ...report,
    variant: 'small',
    changes: undefined,
    gates: [],
    trials: before,
    status: 'passed' as const,
  }
  const large = { ...small, variant: 'large', scores: [], evaluated: 0, passRateInterval: null }
  expect(toMarkdown([small, large])).toContain(`Variants of \`research.pipeline\`:

| variant | passed | duration | cost | \`brevity\` |
|---|---:|---:|---:|---:|
| \`small\` | 66.7 % (20.8 % to 93.9 %) | 100 ms | $0.0100 | 0.750 (0.260 to 0.960) |
| \`large\` | – | – | – | – |
`)
  const written: string[] = []
  await terminalReporter({ write: (text) => written.push(text) }).onEnd?.([small, large], 0)
  expect(written.join('')).toContain(`research.pipeline, its variants:
  variant  passed                     duration  cost     brevity
  small    66.7 % (20.8 % to 93.9 %)  100 ms    $0.0100  0.750 (0.260 to 0.960)
  large    –                          –         –        –
`)
})

it('annotations name the file, the gate and the trial', () => {
  expect(toAnnotations([report])).toBe(
    `::error file=evals/research.eval.ts,title=research.pipeline%3A pass rate >= 1::2 of 3 passed (0.6667)
::error file=evals/research.eval.ts,title=research.pipeline%3A moon::steps.toHaveRun('search'): it did not run
`,
  )
  expect(toAnnotations([{ ...report, status: 'passed', gates: [] }])).toBe('')
})

const ACTING = [
  '\n',
  '\r',
  '::error::',
  '%0A',
  '`',
  '``',
  '|',
  '<b>',
  '@team',
  '#1',
  '[a](b)',
  '\ud83d',
  '\u0000',
  '</details>',
  '- x',
]
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...ACTING), fc.string({ unit: 'binary', maxLength: 3 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(''))

it('whatever users and models say, it is code in the summary and a message in an annotation', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (name, reason, caseId) => {
      const trial = trialOf(caseId, 'failed', 1)
      const bad: ExperimentReport = {
        ...report,
        evaluation: name,
        dataset: `d ${name}`,
        gates: [{ name, outcome: 'failed', reason }],
        changes: {
          ...changes!,
          broke: [caseId],
          scores: [{ name, mean: 1, baseline: 0, ...intervals(1, 0) }],
        },
        trials: [{ ...trial, results: [{ ...trial.results[1]!, name, reason }] }],
      }
      const plain = {
        ...bad,
        evaluation: 'x',
        dataset: 'x',
        gates: [{ name: 'x', outcome: 'failed' as const, reason: 'x' }],
      }
      const plainTrial = {
        ...trial,
        caseId: 'x',
        results: [{ ...trial.results[1]!, name: 'x', reason: 'x' }],
      }
      const expected = toMarkdown([
        {
          ...plain,
          changes: {
            ...bad.changes!,
            broke: ['x'],
            scores: [{ name: 'x', mean: 1, baseline: 0, ...intervals(1, 0) }],
          },
          trials: [plainTrial],
        },
      ])
      // A code span ends with as many backticks as it began with (CommonMark 0.31, 6.1).
      const withoutCode = (text: string) => text.replaceAll(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, 'code')
      expect(withoutCode(toMarkdown([bad]))).toBe(withoutCode(expected))
      const annotations = toAnnotations([bad])
      expect(annotations.match(/^::error .*::.*$/gm)).toHaveLength(2)
      expect(annotations.split(/[\n\r]/)).toHaveLength(3)
      expect(annotations.isWellFormed()).toBe(true)
    }),
    { numRuns: 500 },
  )
})

it('the JSON report is what its schema says', async () => {
  const written = JSON.parse(toJsonReport([report, { ...report, changes: undefined }], 1))
  expect(z.strictObject(jsonReport.shape).parse(written)).toEqual(written)
  const schema = `${JSON.stringify(z.toJSONSchema(jsonReport), null, 2)}\n`
  if (process.env.UPDATE_SCHEMA) await writeFile(SCHEMA, schema)
  expect(await readFile(SCHEMA, 'utf8'), 'UPDATE_SCHEMA=1 writes it anew').toBe(schema)
})
