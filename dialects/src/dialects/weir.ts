import {
  SPAN_KINDS,
  WEIR_CASE_ID,
  WEIR_EXPERIMENT_ID,
  WEIR_FLOW_NAME,
  WEIR_FLOW_VERSION,
  WEIR_INPUT_LENGTH,
  WEIR_KIND,
  WEIR_OUTPUT_LENGTH,
  WEIR_RUN_ID,
  WEIR_RUN_METADATA,
  WEIR_RUN_PARENT_ID,
  WEIR_RUN_STATUS,
  WEIR_RUN_STEPS,
  WEIR_SESSION_ID,
  WEIR_STEP_ATTEMPTS,
  WEIR_STEP_FALLBACK,
  WEIR_STEP_INDEX,
  WEIR_STEP_NAME,
  WEIR_TRIAL,
} from '@weir/sdk/semconv'
import { STATUSES } from '@weir/store/run-model'
import type { Dialect } from './dialect.ts'

/** What `@weir/sdk` writes. */
export const weir: Dialect = {
  attributes: {
    // Its steps are declared: the OpenInference kind beside them, which is for others to read, makes no chains of them.
    [WEIR_KIND]: [
      { field: 'kind', values: themselves(SPAN_KINDS) },
      { field: 'stepRole', is: 'declared' },
    ],
    [WEIR_STEP_NAME]: [{ field: 'name', when: ['step', 'attempt'] }],
    [WEIR_FLOW_NAME]: [{ field: 'name', when: ['flow'] }, { field: 'flow' }],
    [WEIR_FLOW_VERSION]: [{ field: 'version' }],
    [WEIR_RUN_ID]: [{ field: 'runId' }],
    [WEIR_RUN_PARENT_ID]: [{ field: 'parentRunId' }],
    [WEIR_RUN_STATUS]: [{ field: 'declaredStatus', values: themselves(STATUSES) }],
    [WEIR_RUN_METADATA]: [{ field: 'metadata', when: ['flow'] }],
    [WEIR_INPUT_LENGTH]: [{ field: 'inputLength' }],
    [WEIR_OUTPUT_LENGTH]: [{ field: 'outputLength' }],
    [WEIR_STEP_INDEX]: [{ field: 'stepIndex' }],
    [WEIR_STEP_ATTEMPTS]: [{ field: 'stepAttempts' }],
    [WEIR_STEP_FALLBACK]: [{ field: 'stepFallback' }],
    [WEIR_RUN_STEPS]: [{ field: 'declaredSteps', when: ['flow'] }],
    [WEIR_SESSION_ID]: [{ field: 'session' }],
    [WEIR_EXPERIMENT_ID]: [{ field: 'experiment' }],
    [WEIR_CASE_ID]: [{ field: 'case' }],
    [WEIR_TRIAL]: [{ field: 'trial' }],
  },
}

function themselves(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(values.map((value) => [value, value]))
}
