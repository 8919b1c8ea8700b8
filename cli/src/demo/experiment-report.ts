import { z } from 'zod'

const reports = z.object({ experiments: z.array(z.object({ experimentId: z.string() })).min(1) })

/** The id of the first experiment in the file that `weir eval --json` wrote. */
export function experimentOf(report: unknown): string {
  return reports.parse(report).experiments[0]!.experimentId
}
