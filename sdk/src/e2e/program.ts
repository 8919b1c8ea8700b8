import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ScratchProject } from '@weir/engines/testing'
import { type ReceivedSpan, receive } from '../testing.ts'

export interface Outcome<T> {
  /** The last line that the program printed, read as JSON. */
  readonly printed: T
  /** What arrived at the receiver, without spans that had not ended. */
  readonly spans: readonly ReceivedSpan[]
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Default: this Node. */
  readonly runtime?: string
}

/** Runs a program of a project to its end, with a receiver as its Weir. Rejects if it fails. */
export async function runProgram<T>(
  { directory }: ScratchProject,
  args: readonly string[],
  { env, runtime }: ProgramOptions = {},
): Promise<Outcome<T>> {
  await using receiver = await receive()
  const { stdout } = await promisify(execFile)(
    runtime === undefined ? process.execPath : join(directory, runtime),
    args,
    {
      cwd: directory,
      env: {
        PATH: process.env.PATH,
        NO_COLOR: '1',
        DENO_DIR: directory,
        WEIR_ENDPOINT: receiver.url,
        ...env,
      },
    },
  )
  return {
    printed: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T,
    spans: receiver.requests.flatMap(({ spans }) => spans).filter(hasEnded),
  }
}

export function hasEnded({ endTimeUnixNano }: ReceivedSpan): boolean {
  return endTimeUnixNano !== '0'
}

/** `child < parent` of every span, in alphabetical order; `?` is a parent that did not arrive. */
export function tree(spans: readonly ReceivedSpan[]): string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]))
  return spans
    .map(({ name, parentSpanId }) =>
      parentSpanId === undefined ? name : `${name} < ${names.get(parentSpanId) ?? '?'}`,
    )
    .sort()
}
