'use client'

import { type ReactElement, useEffect, useId, useState } from 'react'

export type Option = readonly [value: string, label: string]

interface SelectProps {
  /** Name of the URL parameter. */
  readonly name: string
  readonly label: string
  readonly value: string
  readonly options?: readonly Option[]
  readonly groups?: readonly { readonly label: string; readonly options: readonly Option[] }[]
  readonly showLabel?: boolean
  /** Called before the form is sent; false keeps it here. */
  readonly onChoose?: (value: string) => boolean
}

/** State that starts as `value` and follows it when a navigation changes it. */
export function useFollowing(value: string): [string, (value: string) => void] {
  const [current, setCurrent] = useState(value)
  useEffect(() => setCurrent(value), [value])
  return [current, setCurrent]
}

/** A choice that sends its form at once. */
export function Select({
  name,
  label,
  value,
  options = [],
  groups = [],
  showLabel = false,
  onChoose = () => true,
}: SelectProps): ReactElement {
  const id = useId()
  const [current, setCurrent] = useFollowing(value)
  return (
    <>
      <label htmlFor={id} className={showLabel ? undefined : 'hidden-text'}>
        {label}
      </label>
      <select
        id={id}
        name={name}
        value={current}
        data-set={(options[0]?.[0] === '' && current !== '') || undefined}
        onChange={(event) => {
          setCurrent(event.target.value)
          if (onChoose(event.target.value)) event.target.form?.requestSubmit()
        }}
      >
        <Options options={options} />
        {groups.map((group) => (
          <optgroup key={group.label} label={group.label}>
            <Options options={group.options} />
          </optgroup>
        ))}
      </select>
    </>
  )
}

function Options({ options }: { readonly options: readonly Option[] }): ReactElement[] {
  return options.map(([value, text]) => (
    <option key={value} value={value}>
      {text}
    </option>
  ))
}
