import { insert, rows, type Store } from '../store.ts'

/**
 * Names by which the runs of a project are counted: so many times more than anyone gives to flows, and few enough for
 * every query over all of them. Whoever exceeds it has an id in the names of spans, and every name would be a row of its
 * own in each minute.
 */
export const MOST_FLOWS = 5_000

/** The flow of runs whose own flow came when the project had {@link MOST_FLOWS} others. */
export const OTHER_FLOWS = '(other flows)'

/** A run as far as its flow is concerned. */
interface NamedRun {
  readonly flow: string
  readonly spanCount: number
}

/** The flows of each project that runs are counted by, in the order in which they came. What is known stays known. */
export class KnownFlows {
  readonly #flows = new Map<string, ReadonlySet<string>>()

  /**
   * Adds the flows of some runs while their project has room: those with the most spans first. Passes that overlap may exceed
   * the bound by their sum.
   * @returns the flow by which a run of this flow is counted
   */
  async admit(store: Store, project: string, runs: readonly NamedRun[]): Promise<(flow: string) => string> {
    const isKnown = ({ flow }: NamedRun) => flow === '' || this.#flows.get(project)?.has(flow) === true
    if (!runs.every(isKnown)) {
      const room = MOST_FLOWS - (await this.#learn(store, project))
      const unknown = runs.filter((run) => !isKnown(run))
      if (unknown.length > 0 && room > 0) await this.#add(store, project, unknown, room)
    }
    const known = this.#flows.get(project)
    return (flow) => (flow === '' || known?.has(flow) ? flow : OTHER_FLOWS)
  }

  /** @returns how many flows came by themselves */
  async #learn(store: Store, project: string): Promise<number> {
    const found = await rows<{ flow: string; isNamed: number }>(store, KNOWN, { project })
    this.#flows.set(project, new Set(found.map(({ flow }) => flow)))
    return found.filter(({ isNamed }) => isNamed === 0).length
  }

  async #add(store: Store, project: string, runs: readonly NamedRun[], room: number): Promise<void> {
    const spans = new Map<string, number>()
    for (const { flow, spanCount } of runs) spans.set(flow, (spans.get(flow) ?? 0) + spanCount)
    const flows = [...spans]
      .sort(([a, aSpans], [b, bSpans]) => bSpans - aSpans || (a < b ? -1 : 1))
      .slice(0, room)
      .map(([flow]) => ({ project, flow }))
    await insert(store, 'flows', flows)
    // Read, not added: the names of runs are parts of answers, which would be kept with them.
    await this.#learn(store, project)
  }
}

/** What an experiment, a monitor or a baseline names is never folded: they find their runs by the flow. */
const KNOWN = `
  SELECT DISTINCT flow, 0 AS isNamed FROM flows WHERE project = {project:String}
  UNION ALL SELECT DISTINCT flow, 1 FROM experiments WHERE project = {project:String}
  UNION ALL SELECT DISTINCT flow, 1 FROM monitors WHERE project = {project:String}
  UNION ALL SELECT DISTINCT flow, 1 FROM baselines WHERE project = {project:String}`
