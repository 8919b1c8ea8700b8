import type { z } from 'zod'

/**
 * Who reads a variable: the command line with what `weir up` starts, a process, whatever asks ClickHouse, or the SDK in a
 * user's process, which reads its two by itself; `eval` is an evaluation that records its runs itself (`--local`, Vitest).
 */
export type Reader = 'weir' | 'collector' | 'worker' | 'dashboard' | 'store' | 'sdk' | 'eval'

/** A variable of the environment. */
export interface Variable {
  readonly name: `WEIR_${string}`
  /** What its text has to be, and becomes. */
  readonly schema: z.ZodType
  /** What the schema takes, in the words of an error: `expected ...`. */
  readonly expected: string
  /** The text that it has when it is not set. */
  readonly default?: string
  /** Without a default: what not setting it means. */
  readonly otherwise?: string
  readonly readers: readonly Reader[]
  /** What it is for, in Markdown. */
  readonly meaning: string
  /** No message may repeat its value. */
  readonly isSecret?: true
}
