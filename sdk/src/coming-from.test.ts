import { describe, expect, it } from 'vitest'
import { codeOf, promisedBy } from './testing.markdown.ts'

const PAGES = ['crux', 'flow-state-dev', 'genkit', 'inngest', 'mastra']

describe.each(PAGES)('the page for who comes from %s', (library) => {
  it('has code that compiles and prints what it says', async () => {
    await using page = await codeOf(`docs/integrations/coming-from-${library}.md`)
    expect(page.files.size).toBeGreaterThan(0)
    expect(await page.problems()).toBe('')
    for (const [file, code] of page.files) {
      expect(code).toContain('// → ')
      expect(await page.run(file)).toBe(promisedBy(code))
    }
  })
})
