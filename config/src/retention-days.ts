import { z } from 'zod'

/** For how many days something is kept, by project; undefined: for ever. */
export interface RetentionDays {
  /** Of projects that are not named. */
  readonly others: number | undefined
  readonly projects: ReadonlyMap<string, number | undefined>
}

export const KEPT_FOR_EVER: RetentionDays = { others: undefined, projects: new Map() }

const FOR_EVER = 'forever'
/** A century: more is a mistake of units. */
const MOST_DAYS = 36_500

/** @example retentionDays.schema.parse('90,support=30,audit=forever') */
export const retentionDays = {
  schema: z.string().transform((list, context): RetentionDays => {
    const parsed = parse(list)
    if (parsed !== undefined) return parsed
    context.addIssue('not a list of days')
    return z.NEVER
  }),
  expected: 'days from 1 to 36500, for all projects or by project, as in 90,support=30,audit=forever',
}

export function daysOf({ others, projects }: RetentionDays, project: string): number | undefined {
  return projects.has(project) ? projects.get(project) : others
}

/** Why payloads cannot be kept for longer than the runs that they belong to; undefined: they are not. */
export function retentionProblem(all: RetentionDays, payloads: RetentionDays): string | undefined {
  const isLonger = (payloadDays: number | undefined, days: number | undefined) =>
    payloadDays !== undefined && days !== undefined && payloadDays > days
  if (isLonger(payloads.others, all.others)) return tooLong('', all.others)
  for (const [project, days] of payloads.projects) {
    const ofAll = daysOf(all, project)
    if (isLonger(days, ofAll)) return tooLong(` for project ${project}`, ofAll)
  }
  return undefined
}

function tooLong(whose: string, days: number | undefined): string {
  return `expected no more than ${days}${whose}: after so many days WEIR_RETENTION_DAYS removes all`
}

/** Undefined where an entry cannot be read, or a project or the others have two. */
function parse(list: string): RetentionDays | undefined {
  let others: number | undefined
  let hasOthers = false
  const projects = new Map<string, number | undefined>()
  for (const entry of list.split(',')) {
    const at = entry.lastIndexOf('=')
    const days = parseDays(entry.slice(at + 1).trim())
    const project = entry.slice(0, Math.max(0, at)).trim()
    const isTwice = at < 0 ? hasOthers : projects.has(project)
    if (days === undefined || isTwice || (at >= 0 && project === '')) return undefined
    if (at >= 0) projects.set(project, days.kept)
    else {
      others = days.kept
      hasOthers = true
    }
  }
  return { others, projects }
}

function parseDays(text: string): { readonly kept: number | undefined } | undefined {
  if (text === FOR_EVER) return { kept: undefined }
  const days = /^\d+$/.test(text) ? Number(text) : 0
  return days >= 1 && days <= MOST_DAYS ? { kept: days } : undefined
}
