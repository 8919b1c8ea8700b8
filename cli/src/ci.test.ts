import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { addEval } from './commands/eval.ts'

interface Step {
  readonly run?: string
}

it('the workflows of CI.md are YAML, and every option that they give to weir eval is one', async () => {
  const text = await readFile(new URL('../../docs/CI.md', import.meta.url), 'utf8')
  const [github, gitlab] = [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => parse(block!))
  const steps: Step[] = github.jobs.evaluate.steps
  const commands: string[] = [...steps.flatMap(({ run }) => run ?? []), ...gitlab.evaluate.script]
  const program = new Command()
  addEval(program)
  const known = new Set(program.commands[0]!.options.map(({ long }) => long))
  const used = commands
    .filter((command) => command.includes('weir eval'))
    .flatMap((command) => command.match(/--[a-z-]+/g) ?? [])
  const promoted: string = gitlab.evaluate.rules[1].variables.PROMOTE
  expect(used.length).toBeGreaterThan(5)
  expect([...used, promoted.split(' ')[0]!].filter((option) => !known.has(option))).toEqual([])
})
