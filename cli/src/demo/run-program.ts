import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { print } from '../print.ts'

const WEIR = fileURLToPath(new URL('../../bin/weir.js', import.meta.url))
const running = new Set<ChildProcess>()

/** A signal ends the programs too; they are in this process's group, but it may have been sent to this one alone. */
export function endProgramsOnSignal(): void {
  const end = () => {
    for (const child of running) child.kill('SIGTERM')
    process.exit(130)
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  process.once('disconnect', end)
  // Listening to the supervisor's channel must not keep a finished demo alive.
  process.channel?.unref()
}

export function weirArguments(args: readonly string[]): string[] {
  return [WEIR, ...args]
}

/** Runs Node with `args` and prints what it says, each line after `indent`; gives the exit code. */
export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv, indent = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => print(`${indent}${line}`))
    }
    child.once('error', reject)
    child.once('close', (code) => {
      running.delete(child)
      resolve(code ?? 1)
    })
  })
}
