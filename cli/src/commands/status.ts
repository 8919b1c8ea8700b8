import type { Command } from 'commander'
import { readConfig } from '../config.ts'
import { print, printJson } from '../print.ts'
import { formatStatus } from '../status/format-status.ts'
import { collectorUrlOf, readInstallation } from '../status/installation-status.ts'
import { safeUrl } from '../supervisor/configured-servers.ts'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description(
      'show the processes, what comes in and what is stored; exit code 3 if something does not run or is lost',
    )
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const config = readConfig()
      const status = await readInstallation(config)
      if (!status.healthy) process.exitCode = 3
      const addresses = { store: safeUrl(config.clickhouseUrl), collector: collectorUrlOf(config) }
      if (json) printJson(status, 0)
      else print(...formatStatus(status, addresses, Date.now()))
    })
}
