import { aiSdk } from './ai-sdk.ts'
import { type CompiledDialects, compileDialects } from './compile.ts'
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

const ALL: readonly Dialect[] = [
  weir,
  opentelemetry,
  openinference,
  genkit,
  aiSdk,
  langfuse,
  langsmith,
  mastra,
  traceloop,
  logfire,
  laminar,
]

/** Every dialect that the collector understands. */
export const DIALECTS: CompiledDialects = compileDialects(ALL)
