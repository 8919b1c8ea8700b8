import { firstRow, type Store } from '../store.ts'

/** Whether a flow has or once had a run, or an experiment, a monitor or a baseline names it. */
export async function isKnownFlow(
  store: Store,
  { flow, project = store.project }: { flow: string; project?: string },
): Promise<boolean> {
  const tables = ['flows', 'runs', 'experiments', 'monitors', 'baselines']
  const own = `WHERE project = {project:String} AND flow = {flow:String} LIMIT 1`
  const row = await firstRow(
    store,
    tables.map((table) => `SELECT 1 FROM (SELECT flow FROM ${table} ${own})`).join(' UNION ALL '),
    { project, flow },
  )
  return row !== undefined
}
