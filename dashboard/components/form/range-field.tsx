'use client'

import { type ReactElement, useState } from 'react'
import { PRESETS, type TimeRange, timeWindow, toInputs } from '#filters/time-range.ts'
import styles from './filter-bar.module.css'
import { type Option, Select } from './select.tsx'

const OPTIONS: readonly Option[] = [
  ...PRESETS.map(({ id, label }): Option => [id, label]),
  ['fixed', 'From … to …'],
]

/** A preset, or two instants; the inputs for these come with the choice. */
export function RangeField({ range }: { readonly range: TimeRange }): ReactElement {
  const [picking, setPicking] = useState(false)
  const isFixed = 'fromMs' in range
  return (
    <>
      <Select
        name="range"
        label="Time range"
        value={range.preset}
        options={OPTIONS}
        onChoose={(value) => {
          setPicking(value === 'fixed')
          return value !== 'fixed'
        }}
      />
      {isFixed || picking ? (
        // Keyed, so that the inputs follow a navigation to other instants.
        <Instants key={isFixed ? `${range.fromMs} ${range.toMs}` : range.preset} range={range} />
      ) : null}
    </>
  )
}

/** Nothing is demanded of the inputs: the page says what is wrong with them, and a preset can be chosen all the same. */
function Instants({ range }: { readonly range: TimeRange }): ReactElement {
  const [inputs] = useState(() => {
    const { from, to } = timeWindow(range, Date.now())
    return toInputs(from.getTime(), to.getTime())
  })
  return (
    <fieldset className={styles.instants}>
      <legend className="hidden-text">From and to, in UTC</legend>
      <input type="datetime-local" name="from" aria-label="From (UTC)" defaultValue={inputs.from} />
      <span aria-hidden="true">–</span>
      <input type="datetime-local" name="to" aria-label="To (UTC)" defaultValue={inputs.to} />
      <span aria-hidden="true">UTC</span>
      <button type="submit" className="button">
        Apply
      </button>
    </fieldset>
  )
}
