import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ExperimentReport } from '../experiment/report.ts'
import { toAnnotations } from './github.ts'
import { toMarkdown } from './markdown.ts'
import { terminalReporter } from './terminal.ts'
import { changes, intervals, report, trialOf } from './testing.ts'

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
  '\u2028',
  '\u2029',
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
