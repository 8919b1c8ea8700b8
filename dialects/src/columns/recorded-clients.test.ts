import { expect, test } from 'vitest'
import { captureNames } from '../testing/captures.ts'
import { normaliseCapture } from '../testing/normalised.ts'

const CLIENTS = ['ai-sdk-7', 'genkit', 'langsmith', 'openinference']

test('what is said to be JSON is JSON, and clients say what their values are', () => {
  const types = CLIENTS.map((client) => {
    const rows = captureNames(`${client}-`).flatMap(normaliseCapture)
    const values = rows.flatMap((row) => [
      [row.input_type, row.input],
      [row.output_type, row.output],
    ]) as [string, string][]
    for (const [type, value] of values) if (type === 'json') expect(() => JSON.parse(value)).not.toThrow()
    const counts = ['json', 'text', 'unknown'].map(
      (type) => `${values.filter(([found]) => found === type).length} ${type}`,
    )
    return `${client}: ${counts.join(', ')}`
  })
  expect(types).toMatchInlineSnapshot(`
    [
      "ai-sdk-7: 44 json, 2 text, 0 unknown",
      "genkit: 377 json, 0 text, 0 unknown",
      "langsmith: 0 json, 0 text, 60 unknown",
      "openinference: 192 json, 59 text, 55 unknown",
    ]
  `)
})
