import { type CompiledDialects, compileDialects } from './compile.ts'
import { crux } from './crux.ts'
import { genkit } from './genkit.ts'
import { openinference } from './openinference.ts'
import { opentelemetry } from './opentelemetry.ts'
import { weir } from './weir.ts'

/** Every dialect that the collector understands. */
export const DIALECTS: CompiledDialects = compileDialects([weir, opentelemetry, openinference, genkit, crux])
