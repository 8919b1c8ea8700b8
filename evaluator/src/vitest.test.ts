import { flow, traceModel, traceTool } from '@weir/sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { agents, childRuns, models, run as runChecks, steps, tools } from './checks/matchers.ts'
import { toRun } from './testing.ts'
import { recordRun } from './vitest.ts'

const research = flow('research', async (query: string) => {
  await flow.step('plan', () => query)
  await flow.step('search', () => Promise.reject(new Error('down')), {
    retry: { attempts: 2 },
    fallback: () => [],
  })
  if (query === 'bad') throw new RangeError('cannot')
  return { answer: query }
})

describe('recordRun', () => {
  it('gives the run of a flow without a server', async () => {
    const run = await recordRun(research, 'moon')
    expect(run).toMatchObject({
      flow: 'research',
      status: 'ok',
      incomplete: false,
      output: '{"answer":"moon"}',
    })
    expect(run).toHaveSucceeded('plan')
    expect(run).toHaveSucceeded('search')
    expect(run).toHaveUsedFallback('search')
    expect(run).toHaveRetriedAtMost('search', 1)
    expect(run).not.toHaveRun('apologise')
    expect(run).toHaveTrajectory(['plan', 'search'], 'unordered')
    expect(run).toSucceed()
    expect(run).toHaveOutputMatching(z.object({ answer: z.string() }))
  })

  it('records what the flow throws', async () => {
    const run = await recordRun(research, 'bad')
    expect(run).toHaveRunStatus('error')
    expect(run).toMatchObject({ errorType: 'RangeError', errorMessage: 'cannot' })
  })

  it('keeps runs at the same time apart', async () => {
    const inputs = ['a', 'b', 'c']
    const runs = await Promise.all(inputs.map((input) => recordRun(research, input)))
    expect(runs.map(({ output }) => JSON.parse(output).answer)).toEqual(inputs)
    for (const run of runs) expect(run).toHaveRun('plan', { times: 1 })
  })
})

describe('what steps and calls took and gave', () => {
  const mailer = flow('mailer', async (recipients: readonly string[]) => {
    for (const to of recipients) {
      await flow.step('guard', () => to.includes('@'))
      await flow.step('send', () =>
        traceTool({ name: 'send_email', input: { to, subject: 'hi' } }, () => `to ${to}`),
      )
    }
    await traceModel({ provider: 'p', model: 'm' }, (span) =>
      span.setUsage({ inputTokens: 7, outputTokens: 2 }),
    )
    await flow.step('last', () => Promise.reject(new TypeError('no more'))).catch(() => {})
  })

  it('is judged without a server', async () => {
    const run = await recordRun(mailer, ['ann@example.com', 'bob@example.org'])
    const checks = [
      tools.toHaveBeenCalled('send_email', { with: { to: /@example\.com/ }, times: 1 }),
      tools.not.toHaveBeenCalled('send_email', { with: { to: /@other/ } }),
      tools.at('send_email', 1).toHaveOutputEqual('to bob@example.org'),
      tools.every('send_email').toHaveInputMatching(z.object({ to: z.string(), subject: z.literal('hi') })),
      tools.every('send_email').not.toHaveOutputContaining('carol'),
      tools.in('send', 1).toHaveBeenCalled('send_email', { with: { to: /bob/ } }),
      tools.toHaveTrajectory(
        [
          { name: 'send_email', with: { to: /bob/ } },
          { name: 'send_email', with: (input: unknown) => (input as { to: string }).to.startsWith('ann') },
        ],
        'unordered',
      ),
      steps.at('guard', 0).toHaveOutputEqual(true),
      steps.every('send').toBePrecededBy('guard'),
      steps.at('last', 0).toHaveFailedWith(/TypeError: no more/),
      models.at('m', 0).toUseAtMost({ inputTokens: 7, outputTokens: 2 }),
      runChecks.toUseAtMost({ inputTokens: 7 }),
    ]
    for (const check of checks) expect(run).toPassCheck(check)
    expect(() =>
      expect(run).toPassCheck(tools.toHaveBeenCalled('send_email', { with: { to: 'carol' } })),
    ).toThrow('Inputs: send_email {"to":"ann@example.com","subject":"hi"}')
  })
})

describe('matchers', () => {
  const run = toRun({
    duration: 50,
    steps: [
      'plan',
      { name: 'search', status: 'error', attempts: 3, duration: 30 },
      { name: 'fetch', start: 12, parent: 'search' },
    ],
  })

  it('fail with a message that shows the steps', () => {
    expect(() => expect(run).toHaveStepOrder('search', 'plan')).toThrowErrorMatchingInlineSnapshot(`
      [Error: steps.toHaveOrder('search', 'plan') failed: Expected the order search -> plan, but "plan" did not start after "search".

      Run of research: ok, 50 ms
        plan     ok     at 0 ns   took 10 ms
        search   error  at 10 ms  took 30 ms  3 attempts
          fetch  ok     at 12 ms  took 10 ms]
    `)
  })

  it('fail both ways on what was not recorded', () => {
    expect(() => expect(run).toHaveFinishedWithin('apologise', '1s')).toThrow('unverifiable')
    expect(() => expect(run).not.toHaveFinishedWithin('apologise', '1s')).toThrow('unverifiable')
    expect(() => expect(run).not.toHaveSucceeded('apologise')).toThrow('unverifiable')
    expect(run).not.toHaveSucceeded('search')
    expect(() => expect(run).not.toHaveSucceeded('plan')).toThrow('Expected the opposite')
  })

  it('take any check, and show what it is about', () => {
    const called = toRun({
      duration: 50,
      steps: ['plan'],
      tools: [
        { name: 'search', duration: 30 },
        { name: 'send_email', status: 'error' },
      ],
      children: [{ flow: 'translate', status: 'error' }],
    })
    expect(called).toPassCheck(tools.toHaveSucceeded('search'))
    expect(called).toPassCheck(tools.not.toHaveBeenCalled('pay'))
    expect(called).not.toPassCheck(tools.toHaveBeenCalled('pay'))
    expect(called).not.toPassCheck(tools.not.toHaveBeenCalled('search'))
    expect(() => expect(called).not.toPassCheck(tools.toHaveSucceeded('pay'))).toThrow('unverifiable')
    expect(() =>
      expect(called).toPassCheck(tools.not.toHaveBeenCalled('send_email')),
    ).toThrowErrorMatchingInlineSnapshot(`
      [Error: tools.not.toHaveBeenCalled('send_email') failed: Expected the opposite: "send_email" was called once.

      Run of research: ok, 50 ms
        search      ok     at 0 ns   took 30 ms
        send_email  error  at 30 ms  took 10 ms]
    `)
    expect(() =>
      expect(called).toPassCheck(childRuns.toHaveSucceeded('translate')),
    ).toThrowErrorMatchingInlineSnapshot(`
      [Error: childRuns.toHaveSucceeded('translate') failed: "translate" did not succeed.

      Run of research: ok, 50 ms
        translate  error]
    `)
    expect(() =>
      expect(called).toPassCheck(agents.toHaveBeenCalled('researcher')),
    ).toThrowErrorMatchingInlineSnapshot(`
      [Error: agents.toHaveBeenCalled('researcher') failed: "researcher" was not called, expected at least once. The run has no agent calls.

      Run of research: ok, 50 ms
        no agent calls]
    `)
    expect(() => expect(called).toPassCheck({ type: 'no such' } as never)).toThrow('list of checks')
  })

  it('refuse what is not a run', () => {
    expect(() => expect({ answer: 1 }).toSucceed()).toThrow('toSucceed expects a run')
  })
})
