import type { Evaluation } from '../evaluation/definition.ts'
import type { ExperimentReport } from '../experiment/report.ts'
import { type EvaluationSettings, prepareMode, runEvaluation } from '../experiment/run-evaluation.ts'

/**
 * Runs an evaluation in this process, without a server. It sets up OpenTelemetry: a test file that calls it belongs to `WITH_SDK` of
 * `vitest.config.ts`.
 */
export async function evaluateLocally(
  evaluation: Evaluation,
  settings: EvaluationSettings = {},
): Promise<ExperimentReport[]> {
  await prepareMode({ kind: 'local' })
  return runEvaluation(evaluation, { kind: 'local' }, {}, settings)
}
