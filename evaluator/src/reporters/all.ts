import type { Reporter } from './reporter.ts'

/** One reporter that tells several. */
export function allReporters(reporters: readonly Reporter[]): Reporter {
  return {
    onExperimentStart: (...args) => {
      for (const reporter of reporters) reporter.onExperimentStart?.(...args)
    },
    onTrial: (...args) => {
      for (const reporter of reporters) reporter.onTrial?.(...args)
    },
    onExperimentEnd: (...args) => {
      for (const reporter of reporters) reporter.onExperimentEnd?.(...args)
    },
    onEnd: async (...args) => {
      for (const reporter of reporters) await reporter.onEnd?.(...args)
    },
  }
}
