import { aiSdk } from './ai-sdk.ts'
import { type CompiledDialects, compileDialects } from './compile.ts'
import { crux } from './crux.ts'
import type { Dialect } from './dialect.ts'
import { genkit } from './genkit.ts'
import { laminar } from './laminar.ts'
import { langfuse } from './langfuse.ts'
import { langsmith } from './langsmith.ts'
import { logfire } from './logfire.ts'
import { mastra } from './mastra.ts'
import { openinference } from './openinference.ts'
import { opentelemetry } from './opentelemetry.ts'
import { traceloop } from './traceloop.ts'
import { weir } from './weir.ts'

/** Those that speak for themselves, then the conventions that many clients share. */
const ALL: readonly Dialect[] = [
  weir,
  langfuse,
  langsmith,
  mastra,
  traceloop,
  laminar,
  aiSdk,
  genkit,
  crux,
  logfire,
  openinference,
  opentelemetry,
]

/** Every dialect that the collector understands. */
export const DIALECTS: CompiledDialects = compileDialects(ALL)
