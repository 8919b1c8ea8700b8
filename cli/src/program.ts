import { createRequire } from 'node:module'
import { Command } from 'commander'
import { addDashboard } from './commands/dashboard.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEngine } from './commands/engine.ts'
import { addStatus } from './commands/status.ts'
import { addUp } from './commands/up.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** Every command of `weir`. */
export function createProgram(): Command {
  const program = new Command('weir')
    .description('Observability and evaluation for flows')
    .version(version)
    .showHelpAfterError('(see: weir --help)')
    .exitOverride()
  const add = [addUp, addStatus, addDoctor, addDashboard, addEngine]
  for (const addCommand of add) addCommand(program)
  return program
}
