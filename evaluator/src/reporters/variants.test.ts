import { expect, it } from 'vitest'
import { toMarkdown } from './markdown.ts'
import { terminalReporter } from './terminal.ts'
import { before, report } from './testing.ts'

it('variants of an evaluation stand side by side', async () => {
  const small = {
    ...report,
    variant: 'small',
    changes: undefined,
    gates: [],
    trials: before,
    status: 'passed' as const,
  }
  const large = { ...small, variant: 'large', scores: [], evaluated: 0, passRateInterval: null }
  expect(toMarkdown([small, large])).toContain(`Variants of \`research.pipeline\`:

| variant | passed | duration | cost | \`brevity\` |
|---|---:|---:|---:|---:|
| \`small\` | 66.7 % (20.8 % to 93.9 %) | 100 ms | $0.0100 | 0.750 (0.260 to 0.960) |
| \`large\` | – | – | – | – |
`)
  const written: string[] = []
  await terminalReporter({ write: (text) => written.push(text) }).onEnd?.([small, large], 0)
  expect(written.join('')).toContain(`research.pipeline, its variants:
  variant  passed                     duration  cost     brevity
  small    66.7 % (20.8 % to 93.9 %)  100 ms    $0.0100  0.750 (0.260 to 0.960)
  large    –                          –         –        –
`)
})
