import { execute, type Store } from '../store.ts'

/**
 * Names by which the runs of a project are counted: so many times more than anyone gives to flows, and few enough for
 * every query over all of them. Whoever exceeds it has an id in the names of spans, and every name would be a row of its
 * own in each minute.
 */
export const MOST_FLOWS = 5_000

/** The flow of runs whose own flow came when the project had {@link MOST_FLOWS} others. */
export const OTHER_FLOWS = '(other flows)'

const PROJECTS = `(SELECT project FROM settling_traces WHERE batch = {batch:UUID})`

/** What an experiment, a monitor or a baseline names is never folded: they find their runs by the flow. */
const KNOWN = `(
      SELECT project, flow FROM flows WHERE project IN ${PROJECTS}
      UNION ALL SELECT project, flow FROM experiments WHERE project IN ${PROJECTS}
      UNION ALL SELECT project, flow FROM monitors WHERE project IN ${PROJECTS}
      UNION ALL SELECT project, flow FROM baselines WHERE project IN ${PROJECTS})`

const FULL = `(
      SELECT project FROM flows WHERE project IN ${PROJECTS}
      GROUP BY project HAVING uniqExact(flow) >= ${MOST_FLOWS})`

/** SQL: whether {@link foldedFlow} can tell what becomes of a run, or its flow is to be added first. Binds `batch`. */
export function isDecided(flow: string): string {
  return `(${flow} = '' OR (project, ${flow}) IN ${KNOWN} OR project IN ${FULL})`
}

/** SQL: the flow by which a run is counted. Binds `batch`. */
export function foldedFlow(flow: string): string {
  return `if(${flow} = '' OR (project, ${flow}) IN ${KNOWN}, ${flow}, '${OTHER_FLOWS}')`
}

/**
 * Adds the flows of a batch's resolved spans, while their project has room: those with the most spans first. What is
 * known stays known, so a run that settles again keeps its flow. Passes that overlap may exceed the bound by their sum.
 */
export async function addFlows(store: Store, batch: string): Promise<void> {
  await execute(store, ADD_FLOWS, { batch })
}

const ADD_FLOWS = `
  INSERT INTO flows (project, flow)
  WITH
  found AS (
    SELECT project, flow, row_number() OVER (PARTITION BY project ORDER BY count() DESC, flow) AS nth
    FROM settling_spans
    WHERE batch = {batch:UUID} AND flow != '' AND (project, flow) NOT IN ${KNOWN}
    GROUP BY project, flow
  ),
  taken AS (
    SELECT project, uniqExact(flow) AS flows FROM flows WHERE project IN ${PROJECTS} GROUP BY project
  )
  SELECT project, flow FROM found LEFT JOIN taken USING (project) WHERE nth + flows <= ${MOST_FLOWS}`
