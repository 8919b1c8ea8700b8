import { z } from 'zod'
import { parseDuration } from './duration.ts'

// The kinds of values that variables have, each with the words of an error: `expected ...`.

export const text = { schema: z.string().trim().min(1), expected: 'a text that is not blank' }

export const port = { schema: z.coerce.number().int().min(1).max(65_535), expected: 'a port from 1 to 65535' }

export const httpUrl = { schema: z.url({ protocol: /^https?$/ }), expected: 'an http:// or https:// URL' }

export const count = { schema: z.coerce.number().int().min(1), expected: 'a whole number, 1 or more' }

export const bytes = (least: number) => ({
  schema: z.coerce.number().int().min(least),
  expected: `a number of bytes, ${least} or more`,
})

/** Milliseconds. */
export const durationSchema = z.string().transform((value, context) => {
  try {
    return parseDuration(value) / 1e6
  } catch (error) {
    context.addIssue((error as Error).message)
    return z.NEVER
  }
})
export const duration = { schema: durationSchema, expected: 'a duration such as 500ms, 2s or 1m' }

/** Words in lower case, each of which matches the pattern. */
const listOf = (pattern: RegExp) =>
  z
    .string()
    .transform((list): readonly string[] =>
      list
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    )
    .refine((words) => words.every((word) => pattern.test(word)))

/** `*`, or what browsers send in the header `origin`. */
const ORIGIN = /^(\*|[a-z][a-z0-9+.-]*:\/\/[^/]+)$/

export const origins = {
  schema: listOf(ORIGIN),
  expected: '* or origins such as https://app.example.com, without a path, separated by commas',
}

/** A name, with `*.` in front for all names below it; its port does not matter, as a proxy may have another one. */
const HOST = /^(\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?(:\d+)?|\[[\da-f:.]+\](:\d+)?)$/

export const hosts = {
  schema: listOf(HOST).transform((names) =>
    names.map((name) => name.replace(/:\d+$/, '').replace(/\.$/, '')),
  ),
  expected: 'names such as weir.example.com or *.example.com, separated by commas, or * for all',
}
