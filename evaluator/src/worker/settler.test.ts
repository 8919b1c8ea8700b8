import { expect, test } from 'vitest'
import { describeCrowded } from './settler.ts'

test('the id of a run with too many traces is cut, and moves no terminal', () => {
  const line = describeCrowded({ project: 'default', runId: `a\n\u001b[2J\u009b"é${'x'.repeat(200)}` })
  expect(line).toMatch(/^[ -~]+$/)
  expect(line).toContain('run "a\\n\\u001b[2J\\u009b\\"\\u00e9xxx')
  expect(line.length).toBeLessThan(350)
})
