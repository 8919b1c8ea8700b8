import type { Command } from 'commander'
import { diagnose } from '../doctor/diagnose.ts'
import { print } from '../print.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look for what keeps Weir from running or loses data; exit code 2 if something is wrong')
    .action(async () => {
      const findings = await diagnose()
      for (const { name, ok, found, advice } of findings) {
        print(`${ok ? 'ok      ' : 'problem '} ${name.padEnd(16)} ${found}`)
        if (!ok && advice !== undefined) print(`         ${' '.repeat(16)} ${advice}`)
      }
      if (findings.some(({ ok }) => !ok)) process.exitCode = 2
    })
}
