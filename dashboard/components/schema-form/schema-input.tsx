'use client'

import { type ReactElement, type ReactNode, useId } from 'react'
import { Icon } from '#components/frame/icon.tsx'
import { nameText } from '#format/name.ts'
import { type Draft, toDraft } from './draft.ts'
import type { Field } from './field.ts'
import styles from './schema-form.module.css'

interface SchemaInputProps {
  readonly field: Field
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
  readonly name: string
  readonly isRequired?: boolean
}

/** The inputs of a value; those of members and items are in it. */
export function SchemaInput({
  field,
  draft,
  onChange,
  name,
  isRequired = true,
}: SchemaInputProps): ReactElement {
  const id = useId()
  const label = nameText(field.title ?? name)
  const labelled = (
    <>
      {label}
      {isRequired ? null : <span className={styles.optional}>optional</span>}
    </>
  )
  const hint = field.description ? (
    <p className={styles.hint} id={`${id}-hint`}>
      {field.description}
    </p>
  ) : null
  if (field.kind === 'object') {
    const members = draft as Readonly<Record<string, Draft>>
    return (
      <Group label={labelled} hint={hint}>
        {field.members.map((member) => (
          <SchemaInput
            key={member.name}
            field={member.field}
            name={member.name}
            isRequired={member.isRequired}
            draft={members[member.name] ?? ''}
            onChange={(changed) => onChange({ ...members, [member.name]: changed })}
          />
        ))}
      </Group>
    )
  }
  if (field.kind === 'list') {
    const items = draft as readonly Draft[]
    return (
      <Group label={labelled} hint={hint}>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item is what stands at its place
          <div key={index} className={styles.item}>
            <SchemaInput
              field={field.item}
              name={`${label} ${index + 1}`}
              draft={item}
              onChange={(changed) => onChange(items.with(index, changed))}
            />
            <button
              type="button"
              className={`icon-button ${styles.remove}`}
              aria-label={`Remove ${label} ${index + 1}`}
              onClick={() => onChange(items.toSpliced(index, 1))}
            >
              <Icon name="cross" size={14} />
            </button>
          </div>
        ))}
        <button
          type="button"
          className={`button ${styles.add}`}
          onClick={() => onChange([...items, toDraft(field.item)])}
        >
          Add to {label}
        </button>
      </Group>
    )
  }
  const text = draft as string
  const common = {
    id,
    value: text,
    'aria-describedby': hint ? `${id}-hint` : undefined,
    onChange: (event: { readonly target: { readonly value: string } }) => onChange(event.target.value),
  }
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{labelled}</label>
      {field.kind === 'boolean' ? (
        <select {...common}>
          {isRequired ? null : <option value="">not said</option>}
          <option value={isRequired && text === '' ? '' : 'false'}>no</option>
          <option value="true">yes</option>
        </select>
      ) : field.kind === 'choice' ? (
        <select {...common}>
          <option value="">{isRequired ? 'Choose…' : 'not said'}</option>
          {field.options.map((option, index) => (
            <option key={JSON.stringify(option)} value={index}>
              {typeof option === 'string' ? option : JSON.stringify(option)}
            </option>
          ))}
        </select>
      ) : field.kind === 'number' ? (
        <input {...common} inputMode={field.isWhole ? 'numeric' : 'decimal'} autoComplete="off" />
      ) : field.kind === 'json' ? (
        <textarea {...common} className="mono" rows={3} placeholder="JSON" spellCheck={false} />
      ) : field.isLong ? (
        <textarea {...common} rows={1} />
      ) : (
        <input {...common} autoComplete="off" />
      )}
      {hint}
    </div>
  )
}

interface GroupProps {
  readonly label: ReactNode
  readonly hint: ReactNode
  readonly children: ReactNode
}

/** The inputs of members or items. */
function Group({ label, hint, children }: GroupProps): ReactElement {
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      {hint}
      {children}
    </fieldset>
  )
}
