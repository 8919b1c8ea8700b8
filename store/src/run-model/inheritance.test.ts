import { expect, test } from 'vitest'
import { runsOf } from './testing.ts'

const NAMES = ['version', 'environment', 'service', 'sessionId', 'userId', 'metadata'] as const

test.each(NAMES)('the %s of a run is that of its root, else the first that a span says', (name) => {
  const inherited = (root: string) => {
    const [run] = runsOf(`
      span outside 0+100
        flow f 10+50 ${root}
          step b 20+5 ${name}=second
          step a 11+5 ${name}=first
        span log 70+1 ${name}=last
      `)
    return run![name]
  }
  expect(inherited(`${name}=own`)).toBe('own')
  expect(inherited('')).toBe('first')
})

test('nothing is inherited from the run around', () => {
  const [, inner] = runsOf(`
    flow outer 0+100 version=1 userId=ann
      flow inner 10+50 #i
    `)
  expect(inner).toMatchObject({ version: '', userId: '' })
})

const trialOf = (picture: string) =>
  runsOf(picture).map(({ flow, source, experimentId, caseId, trial }) =>
    [flow, source, experimentId, caseId, trial].join(' ').trim(),
  )

test('a run of an experiment says which trial it is', () => {
  expect(trialOf(`flow f 0+10 experimentId=e caseId=c trial=3`)).toEqual(['f experiment e c 3'])
  expect(trialOf(`flow f 0+10`)).toEqual(['f production   0'])
})

test('a trial that only a span below the root says is that of the run', () => {
  const picture = `
    flow f 0+100
      step s 1+5 experimentId=e caseId=c trial=2
    `
  expect(trialOf(picture)).toEqual(['f experiment e c 2'])
})

test('runs that other frameworks start inside the trace of a trial belong to the trial', () => {
  const picture = `
    flow task 0+100 experimentId=e caseId=c trial=2
      step call 10+50
        flow foreign 20+30 #f
    flow beside 70+5 #b
    flow elsewhere 80+5 @other
    `
  expect(trialOf(picture)).toEqual([
    'task experiment e c 2',
    'foreign experiment e c 2',
    'beside experiment e c 2',
    'elsewhere production   0',
  ])
})

test('a trace of several trials lends none', () => {
  const picture = `
    flow batch 0+100
      flow one 10+10 #a experimentId=e caseId=c trial=0
        flow inner 11+5 #b
      flow two 30+10 #c experimentId=e caseId=c trial=1
      flow three 50+10 #d experimentId=e caseId=c trial=1
    `
  expect(trialOf(picture)).toEqual([
    'batch production   0',
    'one experiment e c 0',
    'inner production   0',
    'two experiment e c 1',
    'three experiment e c 1',
  ])
})

test('a run counts its spans and those that failed', () => {
  const [run] = runsOf(`
    flow f 0+100 error
      step s 1+5 error
        model m 2+1 error
      flow inner 10+5 error #i
    `)
  expect(run).toMatchObject({ spanCount: 3, errorCount: 3 })
})
