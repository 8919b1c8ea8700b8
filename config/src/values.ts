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

/** An http(s) URL without a slash at its end; credentials, a query or a fragment would be shown with it. */
const baseUrl = z.url({ protocol: /^https?$/ }).transform((text, context) => {
  const { username, password, search, hash, origin, pathname } = new URL(text)
  if (`${username}${password}${search}${hash}` === '') return `${origin}${pathname.replace(/\/+$/, '')}`
  context.addIssue('credentials, query or fragment')
  return z.NEVER
})

const wordsOf = (list: string): string[] => list.split(/[\s,]+/).filter(Boolean)

export const baseUrls = {
  schema: z
    .string()
    .transform(wordsOf)
    .pipe(z.array(baseUrl))
    .transform((urls): readonly string[] => [...new Set(urls)]),
  expected:
    'http:// or https:// URLs such as http://127.0.0.1:3400, separated by commas, without user, password, query or fragment',
}

/** What a header carries as it is: visible ASCII. An error about another would repeat it. */
const headerText = z.string().regex(/^[!-~]+$/)

/** `http://127.0.0.1:3400=key`: a base URL has no `=` of its own, a key may. */
const KEY_OF_URL = /^([^=]+)=(.+)$/

export const urlKeys = {
  schema: z
    .string()
    .transform((list) =>
      wordsOf(list).map((word) => {
        const [, url = '', key = ''] = KEY_OF_URL.exec(word) ?? []
        return [url, key]
      }),
    )
    .pipe(z.array(z.tuple([baseUrl, headerText])))
    .transform((pairs): ReadonlyMap<string, string> => new Map(pairs)),
  expected: 'URLs with their keys in ASCII such as http://127.0.0.1:3400=key, separated by commas',
}
