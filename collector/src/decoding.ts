/** What the benchmarks measure apart from the rest of the collector. */
export { protobufOfJson } from './decode/json.ts'
export { walkRequest } from './decode/request.ts'
export { DIALECTS } from './dialects/all.ts'
export { compileDialects } from './dialects/compile.ts'
export type { Dialect } from './dialects/dialect.ts'
export { FIELDS, type Field } from './dialects/field.ts'
export { Resolver } from './dialects/resolver.ts'
