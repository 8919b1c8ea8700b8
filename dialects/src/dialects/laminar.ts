import type { Dialect } from './dialect.ts'

/** Laminar (docs.laminar.sh). */
export const laminar: Dialect = {
  attributes: {
    'lmnr.span.type': [
      {
        field: 'kind',
        values: { LLM: 'model', CACHED: 'model', TOOL: 'tool', EVALUATOR: 'evaluator', DEFAULT: 'span' },
      },
      // It records the exception and leaves the status of the span unset.
      { field: 'exception', is: 'error' },
    ],
    'lmnr.span.input': [{ field: 'input' }],
    'lmnr.span.output': [{ field: 'output' }],
    'lmnr.association.properties.session_id': [{ field: 'session' }],
    'lmnr.association.properties.user_id': [{ field: 'user' }],
  },
}
