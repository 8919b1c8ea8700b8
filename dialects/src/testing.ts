// What tests and benchmarks look at apart from the rest.

export { DIALECTS } from './dialects/all.ts'
export { compileDialects } from './dialects/compile.ts'
export type { Dialect } from './dialects/dialect.ts'
export { FIELDS, type Field } from './dialects/field.ts'
export { Resolver } from './dialects/resolver.ts'
export { KEY_VALUE, REQUEST, SET_TEXT, type Shape, TEXT, VALUE } from './otlp/json/shapes.ts'
export { MAX_MESSAGES } from './otlp/limits.ts'
export { walkRequest } from './otlp/request.ts'
export {
  type Capture,
  type CapturedRequest,
  captureNames,
  type Expectation,
  readCapture,
} from './testing/captures.ts'
export { DENSE, spanAmidUnknownFields } from './testing/dense-requests.ts'
export { manySpans } from './testing/many-spans.ts'
export { type MutatedRequest, mutatedRequest } from './testing/mutate.ts'
export { mutateBytes } from './testing/mutate-bytes.ts'
export { readNative } from './testing/native-reader.ts'
export { attributesOf, requestOf } from './testing/normalised.ts'
export { createProjectKeys } from './testing/project-keys.ts'
export { Random } from './testing/random.ts'
