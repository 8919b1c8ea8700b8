'use client'

import type { Offered } from '@weir/store/pages'
import type { ReactElement } from 'react'
import { type Option, Select } from '#components/form/select.tsx'
import { Suggested } from '#components/form/suggested.tsx'
import { UrlForm } from '#components/form/url-form.tsx'
import { nameParameter, parameterName } from '#filters/name-parameter.ts'
import { nameText } from '#format/name.ts'
import { formatExact } from '#format/number.ts'
import styles from './compare-form.module.css'

interface CompareFormProps {
  /** As the URL has it. */
  readonly flow: string
  readonly base: string
  readonly candidate: string
  readonly flows: Offered
  readonly groups: readonly { readonly label: string; readonly options: readonly Option[] }[]
  /** The same comparison with its sides exchanged. */
  readonly swap: ReactElement | null
}

/** Chooses a flow and the two sides to compare. */
export function CompareForm({ flow, base, candidate, flows, groups, swap }: CompareFormProps): ReactElement {
  const chosen = parameterName(flow) ?? ''
  const isOffered = flow !== '' && flows.values.includes(chosen)
  const known = new Set(groups.flatMap(({ options }) => options.map(([value]) => value)))
  const side = (value: string): Option[] =>
    value === '' ? [['', 'Choose…']] : known.has(value) ? [] : [[value, value]]
  return (
    <UrlForm label="What to compare" className={styles.form}>
      <div>
        {flows.total > flows.values.length ? (
          <Suggested
            name="flow"
            label="Flow"
            showLabel
            value={flow}
            placeholder={`One of ${formatExact(flows.total)}`}
            options={flows.values.map((name): Option => [nameParameter(name), name])}
          />
        ) : (
          <Select
            name="flow"
            label="Flow"
            showLabel
            value={flow}
            options={[
              ...(isOffered ? [] : [[flow, flow === '' ? 'Choose…' : nameText(chosen)] as const]),
              ...flows.values.map((name): Option => [nameParameter(name), name]),
            ]}
          />
        )}
      </div>
      {flow === '' ? null : (
        <>
          <div>
            <Select name="base" label="Base" showLabel value={base} options={side(base)} groups={groups} />
          </div>
          <div>
            <Select
              name="candidate"
              label="Candidate"
              showLabel
              value={candidate}
              options={side(candidate)}
              groups={groups}
            />
          </div>
          {swap}
        </>
      )}
    </UrlForm>
  )
}
