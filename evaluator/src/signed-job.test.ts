import { equalsExact, parseExact, stringifyExact } from '@weir/store/text'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openJob, signJob } from './signed-job.ts'

const KEY = 'a key of this installation'

test('what was signed comes out as it went in', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.bigInt())),
      fc.string(),
      (data, id) => {
        const signed = JSON.parse(JSON.stringify(signJob(KEY, 'trials', id, data))) as unknown
        const opened = openJob(KEY, 'trials', id, signed)
        expect(stringifyExact(opened)).toBe(stringifyExact(data))
        expect(equalsExact(opened, parseExact(stringifyExact(data)!))).toBe(true)
      },
    ),
  )
})

const job = signJob(KEY, 'trials', '1', { file: '/a.eval.ts' })

test.each([
  ['another payload', { ...job, payload: job.payload.replace('a', 'b') }, KEY, 'trials', '1'],
  ['another key', job, 'a key of somebody else', 'trials', '1'],
  ['another queue', job, KEY, 'experiments', '1'],
  ['another job', job, KEY, 'trials', '2'],
  ['no signature', { payload: job.payload }, KEY, 'trials', '1'],
  ['an empty signature', { ...job, signature: '' }, KEY, 'trials', '1'],
  ['half a signature', { ...job, signature: job.signature.slice(0, 32) }, KEY, 'trials', '1'],
  ['data as it was before', { file: '/a.eval.ts' }, KEY, 'trials', '1'],
  ['nothing', undefined, KEY, 'trials', '1'],
])('%s is refused', (_what, data, key, queue, id) => {
  expect(() => openJob(key, queue, id, data)).toThrow(
    expect.objectContaining({
      code: 'UNSIGNED_JOB',
      message: expect.stringContaining('WEIR_QUEUE_KEY'),
    }),
  )
})

test('a worker without a key runs nothing', () => {
  expect(() => openJob(undefined, 'trials', '1', job)).toThrow('no key')
})
