import { z } from 'zod'

const definitionShape = z.object({ trials: z.number().int().min(1) })

/** Trials of each case by the definition of an experiment (JSON text); undefined where it does not say. */
export function trialsOf(definition: string): number | undefined {
  try {
    return definitionShape.safeParse(JSON.parse(definition)).data?.trials
  } catch {
    return undefined
  }
}

/** A trial as people count them, from 1: "2 of 6". Stored trials count from 0. */
export function formatTrial(trial: number, trials: number | undefined): string {
  return trials === undefined ? String(trial + 1) : `${trial + 1} of ${trials}`
}
