import type { Command } from 'commander'
import { diagnose } from '../doctor/diagnose.ts'
import { diagnoseSdk } from '../doctor/sdk.ts'
import { print } from '../print.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look for what keeps Weir from running or loses data; exit code 2 if something is wrong')
    .option(
      '--sdk',
      'look at the project in this directory instead: what its flows are recorded with, and beside',
    )
    .action(async ({ sdk }: { sdk?: boolean }) => {
      const findings = sdk === true ? await diagnoseSdk(process.cwd()) : await diagnose()
      for (const { name, ok, found, advice } of findings) {
        print(`${ok ? 'ok      ' : 'problem '} ${name.padEnd(16)} ${found}`)
        if (!ok && advice !== undefined) print(`         ${' '.repeat(16)} ${advice}`)
      }
      if (findings.some(({ ok }) => !ok)) process.exitCode = 2
    })
}
