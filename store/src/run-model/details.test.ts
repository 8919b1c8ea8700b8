import { expect, it } from 'vitest'
import { assembleRuns } from './assemble-runs.ts'
import { describeDetails, sumUsages } from './describe-details.ts'
import { NO_PAYLOAD } from './payload.ts'
import { spansOf } from './testing.ts'

/** `agent in=1 out=2`, of all steps and calls of the first run. */
function usagesOf(picture: string): string[] {
  const spans = spansOf(picture)
  const run = assembleRuns(spans, 0).find(({ parentRunId }) => parentRunId === '')!
  const details = describeDetails(run, sumUsages(spans), () => ({ payload: NO_PAYLOAD, unreadBytes: 0 }))
  const described = [...run.steps, ...run.calls].map(({ name, kind }, at) => {
    const { inputTokens, cost } = [...details.steps, ...details.calls][at]!.usage
    return `${kind} ${name} in=${inputTokens} cost=${cost}`
  })
  return described
}

it('a step and a call use what all below them use, and what nested runs use is theirs', () => {
  expect(
    usagesOf(`
      flow f 0+100
        step outer 0+90
          step inner 1+50
            agent a 2+40 in=7 cost=0.5
              model m 3+10 in=3
              tool t 20+10
                model n 21+5 in=4 cost=0.5
          flow nested 60+10
            model o 61+5 in=100
        model p 91+5 in=1
    `),
  ).toEqual([
    'step outer in=7 cost=0.5',
    'step inner in=7 cost=0.5',
    'agent a in=7 cost=0.5',
    'model m in=3 cost=0',
    'tool t in=4 cost=0.5',
    'model n in=4 cost=0.5',
    'model p in=1 cost=0',
  ])
})
