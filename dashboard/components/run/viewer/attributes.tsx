import type { ReactElement } from 'react'
import type { AttributeJson } from './span-json.ts'
import styles from './viewer.module.css'

interface AttributesProps {
  readonly title: string
  readonly attributes: readonly AttributeJson[]
  readonly open?: boolean
}

export function Attributes({ title, attributes, open = false }: AttributesProps): ReactElement | null {
  if (attributes.length === 0 && !title.startsWith('Event')) return null
  return (
    <details className={styles.attributes} open={open}>
      <summary>
        {title} <span className="muted">{attributes.length}</span>
      </summary>
      <table>
        <caption className="hidden-text">{title}</caption>
        <tbody>
          {attributes.map(({ key, value }) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td>
                {value.text}
                {value.length > value.text.length ? '…' : ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
