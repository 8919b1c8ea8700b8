import { type Installation, startInstallation } from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Programs of other frameworks, whose spans Weir has to understand. An evaluation that keeps them in its process must come to
// the verdict of one whose spans go to a Weir and come back as runs.

interface Report {
  readonly exitCode: number
  readonly experiments: readonly {
    readonly experimentId: string
    readonly status: string
    readonly trials: readonly { readonly caseId: string; readonly results: readonly Result[] }[]
  }[]
}

interface Result {
  readonly kind: string
  readonly name: string
  readonly outcome: string
  readonly reason: string
}

let weir: Installation
beforeAll(async () => {
  weir = await startInstallation({ env: { WEIR_SETTLE_QUIET: '200ms' } })
})
afterAll(() => weir?.[Symbol.asyncDispose]())

async function evaluate(file: string, ...options: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await weir.weir(['eval', file, '--json', '-', ...options])
  expect(stdout, stderr).not.toBe('')
  const report = JSON.parse(stdout) as Report
  expect(report.exitCode).toBe(code)
  return report
}

function verdictOf({ exitCode, experiments }: Report): unknown {
  const trials = experiments.flatMap((experiment) => experiment.trials)
  const results = trials.flatMap(({ caseId, results: all }) =>
    all.map(({ kind, name, outcome, reason }) =>
      [caseId, kind, name, outcome, reason.replaceAll(/[\d.]+ [mu]?s\b/g, 'some time')].join(' | '),
    ),
  )
  return { exitCode, statuses: experiments.map(({ status }) => status), results: results.sort() }
}

test.each([
  ['Genkit', 'examples/genkit/support-desk.eval.ts', ['answerTicket ok: classify, reply, checkTone']],
  ['the AI SDK', 'examples/ai-sdk/support-desk.eval.ts', ['support-desk.ai-sdk ok: plan, write']],
])(
  '%s: without a server, an evaluation comes to the verdict of the recorded runs',
  async (_, file, flows) => {
    const local = await evaluate(file, '--local')
    expect(verdictOf(local)).toMatchObject({ exitCode: 0, statuses: ['passed'] })
    const recorded = await evaluate(file)
    expect(verdictOf(recorded)).toEqual(verdictOf(local))

    const { experimentId } = recorded.experiments[0]!
    const runs = await weir.query<{ run: string }>(`
    SELECT DISTINCT concat(flow, ' ', status, ': ', arrayStringConcat(step_names, ', ')) AS run
    FROM runs FINAL WHERE experiment_id = '${experimentId}' AND notEmpty(step_names)`)
    expect(runs.map(({ run }) => run)).toEqual(flows)
  },
)
