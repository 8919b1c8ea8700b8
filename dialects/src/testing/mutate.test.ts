import { expect, test } from 'vitest'
import { SpanBlock } from '../columns/span-block.ts'
import { protobufOfJson } from '../otlp/json/request.ts'
import { mutatedRequest } from './mutate.ts'

test('a seed says what the request is', () => {
  for (let seed = 0; seed < 50; seed++) expect(mutatedRequest(seed)).toEqual(mutatedRequest(seed))
})

test('of both encodings, some requests are still taken and some are refused', () => {
  const block = new SpanBlock()
  const outcomes = Array.from({ length: 400 }, (_, seed) => {
    const { encoding, body } = mutatedRequest(seed)
    try {
      const { accepted } = block.append(encoding === 'json' ? protobufOfJson(body) : body, 'default')
      return `${encoding} ${accepted > 0 ? 'taken' : 'empty'}`
    } catch {
      return `${encoding} refused`
    }
  })
  for (const encoding of ['json', 'protobuf']) {
    for (const outcome of ['taken', 'refused']) {
      const share = outcomes.filter((seen) => seen === `${encoding} ${outcome}`).length / outcomes.length
      expect(share).toBeGreaterThan(0.04)
    }
  }
})
