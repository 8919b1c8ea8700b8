'use client'

import { type ReactElement, useId } from 'react'
import { type Option, useFollowing } from './select.tsx'

interface SuggestedProps {
  /** Name of the URL parameter. */
  readonly name: string
  readonly label: string
  readonly value: string
  readonly placeholder: string
  /** Some of the values that it can take. */
  readonly options: readonly Option[]
  readonly showLabel?: boolean
}

/** A field for one of too many values to list: it suggests some, takes any, and sends its form when it is left. */
export function Suggested({
  name,
  label,
  value,
  placeholder,
  options,
  showLabel = false,
}: SuggestedProps): ReactElement {
  const id = useId()
  const list = useId()
  const offered = options.filter(([option]) => option !== '')
  const [current, setCurrent] = useFollowing(value)
  const send = (input: HTMLInputElement) => {
    if (input.value !== value) input.form?.requestSubmit()
  }
  return (
    <>
      <label htmlFor={id} className={showLabel ? undefined : 'hidden-text'}>
        {label}
      </label>
      <input
        id={id}
        name={name}
        list={list}
        value={current}
        data-set={current !== '' || undefined}
        placeholder={placeholder}
        title={`${placeholder}: ${offered.length} are suggested, any other can be written`}
        autoComplete="off"
        onChange={(event) => setCurrent(event.target.value)}
        onBlur={(event) => send(event.target)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') send(event.currentTarget)
        }}
      />
      <datalist id={list}>
        {offered.map(([option]) => (
          <option key={option} value={option} />
        ))}
      </datalist>
    </>
  )
}
