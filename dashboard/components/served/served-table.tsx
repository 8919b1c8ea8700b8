import type { ReactElement } from 'react'
import { FlowLink } from '#components/flow/flow-link.tsx'
import { TextLink } from '#components/frame/text-link.tsx'
import { toField } from '#components/schema-form/field.ts'
import { Table } from '#components/table/table.tsx'
import { flowHref } from '#filters/links.ts'
import { nameText } from '#format/name.ts'
import type { ServedFlow } from './served-flow.ts'

/** The flows of a server. */
export function ServedTable({
  caption,
  flows,
}: {
  readonly caption: string
  readonly flows: readonly ServedFlow[]
}): ReactElement {
  return (
    <Table
      caption={caption}
      columns={[
        { label: 'Flow' },
        { label: <span className="hidden-text">Run it</span> },
        { label: 'Version' },
        { label: 'Input', wide: true },
        { label: 'Waits for' },
      ]}
    >
      {flows.map(({ name, flow, version, input, signals }) => (
        <tr key={name}>
          <th scope="row">
            <FlowLink flow={flow} />
          </th>
          <td>
            <TextLink
              className="link"
              href={flowHref(flow, '?run=open')}
              aria-label={`Run ${nameText(flow)}`}
            >
              Run…
            </TextLink>
          </td>
          <td data-faint={version === undefined || undefined}>{version ?? 'none'}</td>
          <td data-wide>{describeInput(input)}</td>
          <td data-faint={signals.length === 0 || undefined}>
            {signals.length === 0 ? 'nothing' : signals.map((signal) => signal.name).join(', ')}
          </td>
        </tr>
      ))}
    </Table>
  )
}

const WORDS = {
  text: 'text',
  number: 'number',
  boolean: 'yes or no',
  choice: 'choice',
  list: 'list',
  json: 'JSON',
}

/** The names of its members; a question mark follows those that may be left out. */
function describeInput(schema: ServedFlow['input']): string {
  if (schema === undefined) return 'not said'
  const field = toField(schema)
  if (field.kind !== 'object') return WORDS[field.kind]
  return field.members.map(({ name, isRequired }) => (isRequired ? name : `${name}?`)).join(', ')
}
