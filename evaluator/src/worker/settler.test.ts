import { expect, test } from 'vitest'
import { describeCrowded } from './settler.ts'

test('the id of a run with too many traces is cut, and moves no terminal', () => {
  const line = describeCrowded({ project: 'default', runId: `a\n\u001b[2J\u009b"é${'x'.repeat(2_000)}` })
  expect(line).not.toMatch(/\p{Cc}/u)
  expect(line).toContain('run "a\\n\\u001b[2J \\"éxxx')
  expect(line.length).toBeLessThan(700)
})
