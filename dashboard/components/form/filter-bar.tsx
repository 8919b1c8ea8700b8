'use client'

import type { ReactElement } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { parameterName } from '#filters/name-parameter.ts'
import type { TimeRange } from '#filters/time-range.ts'
import { formatExact } from '#format/number.ts'
import styles from './filter-bar.module.css'
import { RangeField } from './range-field.tsx'
import { type Option, Select, useFollowing } from './select.tsx'
import { Suggested } from './suggested.tsx'
import { UrlForm } from './url-form.tsx'

export interface Choice {
  /** Name of the URL parameter. */
  readonly name: string
  readonly label: string
  readonly value: string
  readonly options: readonly (string | Option)[]
  /** How many there are, where not all are offered: then the field takes any text. */
  readonly total?: number
  /** What no choice means; any of them if not said. */
  readonly unset?: string
}

interface FilterBarProps {
  /** Undefined where a page has no time range. */
  readonly range?: TimeRange
  readonly choices?: readonly Choice[]
  readonly search?: { readonly value: string; readonly placeholder: string }
  readonly order?: { readonly value: string; readonly options: readonly Option[] }
}

/** The filters of a page; each change goes into the URL at once. */
export function FilterBar({ range, choices = [], search, order }: FilterBarProps): ReactElement {
  return (
    <UrlForm label="Filters" className={styles.bar}>
      {search ? <SearchField {...search} /> : null}
      {range ? <RangeField range={range} /> : null}
      {choices.map((choice) => {
        const { name, label, value, options, total = 0 } = choice
        const shared = { name, label, value, options: choiceOptions(choice) }
        return total > options.length ? (
          <Suggested
            key={name}
            {...shared}
            placeholder={`${shared.options[0]?.[1]} of ${formatExact(total)}`}
          />
        ) : (
          <Select key={name} {...shared} />
        )
      })}
      {order ? <Select name="order" label="Order" {...order} /> : null}
    </UrlForm>
  )
}

/** Any, then what there is; a value of the URL that is not among it can still be seen and taken away. */
function choiceOptions({ label, value, options, unset = `Any ${label.toLowerCase()}` }: Choice): Option[] {
  const named = options.map((option): Option => (typeof option === 'string' ? [option, option] : option))
  const isOffered = value === '' || named.some(([offered]) => offered === value)
  return [['', unset], ...(isOffered ? [] : [[value, parameterName(value) || '(none)'] as const]), ...named]
}

function SearchField({
  value,
  placeholder,
}: {
  readonly value: string
  readonly placeholder: string
}): ReactElement {
  const [text, setText] = useFollowing(value)
  return (
    <label className={styles.search}>
      <Icon name="search" size={14} />
      <input
        type="search"
        name="q"
        aria-label="Search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={placeholder}
        autoComplete="off"
      />
      <kbd>/</kbd>
    </label>
  )
}
