import type { Bound, Condition } from './condition.ts'
import type { Query } from './query.ts'
import { inRun, ofField } from './run-condition.ts'
import { inSpan, ofAttribute } from './span-condition.ts'

/** The condition that a query means; undefined for the empty one, which all runs meet. */
export function compileQuery(query: Query, bound: Bound): Condition | undefined {
  return query.type === 'all' ? undefined : compile(query, bound)
}

function compile(query: Query, bound: Bound): Condition {
  switch (query.type) {
    case 'all':
      return { is: 'run', sql: '1' }
    case 'and':
    case 'or':
      return { is: query.type, of: query.queries.map((one) => compile(one, bound)) }
    case 'not':
      return { is: 'not', of: compile(query.query, bound) }
    case 'word':
      return ofText(query.text, bound)
    case 'field':
      return negatedIf(query.operator === '!=', ofField(query, bound))
    case 'attribute': {
      const attribute = negatedIf(query.operator === '!=', ofAttribute(query, bound))
      if (!query.orText || query.value.type !== 'pattern') return attribute
      const text = ofText(`${query.key}${query.operator}${query.value.text}`, bound)
      return { is: 'or', of: [attribute, text] }
    }
  }
}

/** Text in the run or in one of its spans. */
function ofText(text: string, bound: Bound): Condition {
  return { is: 'or', of: [inRun(text, bound), inSpan(text, bound)] }
}

function negatedIf(isNegated: boolean, condition: Condition): Condition {
  return isNegated ? { is: 'not', of: condition } : condition
}
