import { expect, test } from 'vitest'
import { insert, rows } from '../store.ts'
import { hex } from '../testing.ts'
import { removalTotals } from './removals.ts'
import { apply, days, dieEverywhere, LATE, RUN, useRetention } from './testing.ts'

const { store, send, settle, expectExactMinutes } = useRetention()

test('payloads go before their runs, and leave how long they were', async () => {
  await send('p', 'old', RUN())
  await send('q', 'old', RUN())
  await settle()
  const policy = { payloads: days(14, { q: undefined }), runs: days(90) }
  const [removal, ...others] = await apply(store(), policy, 16)
  expect(others).toEqual([])
  expect(removal).toMatchObject({ project: 'p', kind: 'payloads', runs: 1, spans: 3 })
  const SPANS = `SELECT name, input, output, metadata, events, length(attributes) AS attributes, attribute_types AS types,
      input_length, output_length, dropped_attributes, dropped_events FROM spans FINAL WHERE project = {p:String} ORDER BY start, name DESC`
  const empty = { input: '', output: '', metadata: '', events: '', attributes: 0, types: '' }
  const none = { input_length: 0, output_length: 0, dropped_attributes: 0, dropped_events: 0 }
  expect(await rows(store(), SPANS, { p: 'p' })).toEqual([
    { ...empty, ...none, name: 'research', input_length: 11, output_length: 7 },
    { ...empty, ...none, name: 'plan', dropped_attributes: 1, dropped_events: 2 },
    { ...empty, ...none, name: 'gpt', input_length: 1 },
  ])
  expect(await rows(store(), SPANS, { p: 'q' })).toMatchObject([
    { input: '{"q":"why"}' },
    { attributes: 1 },
    {},
  ])
  const RUNS =
    'SELECT project, input, output, input_type, input_length, span_count FROM runs FINAL ORDER BY project'
  const gone = { project: 'p', input: '', output: '', input_type: 'json', input_length: 11, span_count: 3 }
  expect(await rows(store(), RUNS)).toMatchObject([gone, { project: 'q', output: 'because' }])

  // Settled again, it is the same.
  await send('p', 'old', LATE)
  await settle()
  expect(await rows(store(), RUNS)).toMatchObject([{ ...gone, span_count: 4 }, {}])
  expect(await apply(store(), policy, 16)).toEqual([])
  await expectExactMinutes()
})

test('payloads of experiments and of runs that a result names stay', async () => {
  await send('p', 'old', RUN())
  await send('p', 'trial', RUN('trial', { experiment_id: 'e1' }))
  await send('p', 'judged', RUN('judged'))
  await insert(store(), 'results', [
    { project: 'p', experiment_id: 'e2', run_id: hex('judged'), kind: 'task' },
  ])
  await settle()
  expect(await apply(store(), { payloads: days(1) }, 3)).toMatchObject([{ runs: 1, spans: 3 }])
  const whole = await rows(store(), `SELECT name FROM spans FINAL WHERE output != '' ORDER BY name`)
  expect(whole).toEqual([{ name: 'judged' }, { name: 'trial' }])
})

test('rounds that die, each one write later than the one before, leave no payload, and each is counted once', async () => {
  await send('p', 'old', RUN())
  await settle()
  const deaths = await dieEverywhere(store(), (mortal) => apply(mortal, { payloads: days(2) }, 4))
  expect(deaths).toBeGreaterThanOrEqual(4)
  expect(await removalTotals(store())).toMatchObject([{ runs: 0, spans: 0, emptiedRuns: 1, emptiedSpans: 3 }])
  const left = `SELECT count() AS n FROM spans WHERE input != '' OR notEmpty(attributes)`
  expect(await rows(store(), left)).toEqual([{ n: 0 }])
})
