import { z } from 'zod'
import { at, defineCheck, failed, name, not, passed, quote, requireName, unverifiable } from './check.ts'
import { executionName, timedSubject, within } from './executions.ts'
import { fitsText, textPattern, toTextPattern } from './pattern.ts'
import { shorten } from './recorded-value.ts'

/** The last attempt of the execution failed with such an error. */
export const failure = defineCheck({
  isEach: true,
  needsDetails: () => true,
  schema: z.strictObject({
    type: z.literal('execution.failure'),
    of: timedSubject,
    in: within,
    name,
    at,
    error: textPattern,
    not,
  }),
  matchers: {
    /** A part of `type: message` of its error, or a regular expression for it. */
    toHaveFailedWith: (name: string, error: string | RegExp) => ({
      name: requireName(name),
      error: toTextPattern(error),
    }),
  },
  describe: ({ name, error }) => [
    'toHaveFailedWith',
    quote(name),
    typeof error === 'string' ? quote(error) : `/${error.finds}/${error.flags}`,
  ],
  judge({ error }, { target }) {
    const { status, detail } = target!
    const own = `"${executionName(target!)}"`
    if (status === 'running') return unverifiable(`${own} has not ended.`)
    if (status !== 'error') return failed(`${own} did not fail: it is ${status}.`)
    if (detail === undefined) return unverifiable(`The error of ${own} was not read.`)
    const text = [detail.errorType, detail.errorMessage].filter((part) => part !== '').join(': ')
    if (text === '') return unverifiable(`${own} failed, but recorded no error.`)
    return fitsText(error, text)
      ? passed(`${own} failed with ${shorten(text)}`)
      : failed(`${own} failed with another error: ${shorten(text)}.`)
  },
})
