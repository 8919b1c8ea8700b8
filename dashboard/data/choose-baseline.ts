import type { Store } from '@weir/store'
import { type Experiment, listBaselines } from '@weir/store/evaluations'

/** The experiment that this one ran against; else the newest promoted one that is not itself. '' if there is none. */
export async function chooseBaseline(store: Store, experiment: Experiment): Promise<string> {
  if (experiment.baselineExperimentId !== '') return experiment.baselineExperimentId
  const newest = (await listBaselines(store, { evaluation: experiment.evaluation }))
    .filter(({ experimentId }) => experimentId !== '' && experimentId !== experiment.experimentId)
    .toSorted((a, b) => b.promotedMs - a.promotedMs)[0]
  return newest?.experimentId ?? ''
}
