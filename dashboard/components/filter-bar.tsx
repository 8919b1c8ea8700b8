'use client'

import type { ReactElement } from 'react'
import { PRESETS, type TimeRange } from '../filters/time-range.ts'
import styles from './filter-bar.module.css'
import { Icon } from './icon.tsx'
import { type Option, Select, useFollowing } from './select.tsx'
import { UrlForm } from './url-form.tsx'

interface Choice {
  /** Name of the URL parameter. */
  readonly name: string
  readonly label: string
  readonly value: string
  readonly options: readonly string[]
}

interface FilterBarProps {
  /** Undefined where a page has no time range. */
  readonly range?: TimeRange
  readonly choices?: readonly Choice[]
  readonly search?: { readonly value: string; readonly placeholder: string }
  readonly order?: { readonly value: string; readonly options: readonly Option[] }
  /** Parameters of the URL that the bar keeps but does not show. */
  readonly keep?: Readonly<Record<string, string>>
}

/** The filters of a page; each change goes into the URL at once. */
export function FilterBar({ range, choices = [], search, order, keep = {} }: FilterBarProps): ReactElement {
  return (
    <UrlForm label="Filters" className={styles.bar}>
      {search ? <SearchField {...search} /> : null}
      {range ? <RangeSelect range={range} /> : null}
      {choices.map((choice) => (
        <Select
          key={choice.name}
          name={choice.name}
          label={choice.label}
          value={choice.value}
          options={choiceOptions(choice)}
        />
      ))}
      {order ? <Select name="order" label="Order" {...order} /> : null}
      {Object.entries(keep).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
    </UrlForm>
  )
}

/** Any, then what there is; a value of the URL that is not among it can still be seen and taken away. */
function choiceOptions({ label, value, options }: Choice): Option[] {
  const values = new Set(value === '' ? options : [value, ...options])
  values.delete('')
  return [['', `Any ${label.toLowerCase()}`], ...[...values].map((option): Option => [option, option])]
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

function RangeSelect({ range }: { readonly range: TimeRange }): ReactElement {
  const presets = PRESETS.map(({ id, label }): Option => [id, label])
  if (!('fromMs' in range))
    return <Select name="range" label="Time range" value={range.preset} options={presets} />
  const from = new Date(range.fromMs).toISOString()
  const to = new Date(range.toMs).toISOString()
  const fixed = `${from.slice(5, 16)} – ${to.slice(5, 16)} UTC`.replaceAll('T', ' ')
  return (
    <>
      <Select name="range" label="Time range" value="fixed" options={[['fixed', fixed], ...presets]} />
      <input type="hidden" name="from" value={from} />
      <input type="hidden" name="to" value={to} />
    </>
  )
}
