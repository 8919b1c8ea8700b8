import type { Dialect } from './dialect.ts'

/** Laminar (docs.laminar.sh). */
export const laminar: Dialect = {
  attributes: {
    'lmnr.span.type': [
      {
        field: 'kind',
        values: { LLM: 'model', CACHED: 'model', TOOL: 'tool', EVALUATOR: 'evaluator' },
      },
    ],
    // Every span has it. Those without a type are functions that the program observes.
    'lmnr.span.path': [
      { field: 'kind', is: 'step' },
      { field: 'stepRole', when: ['step'], is: 'chain' },
      // It records the exception and leaves the status of the span unset.
      { field: 'exception', is: 'error' },
    ],
    'lmnr.span.input': [{ field: 'input', format: 'json' }],
    'lmnr.span.output': [{ field: 'output', format: 'json' }],
    'lmnr.association.properties.session_id': [{ field: 'session' }],
    'lmnr.association.properties.user_id': [{ field: 'user' }],
  },
}
