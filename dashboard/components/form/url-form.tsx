'use client'

import { usePathname, useRouter } from 'next/navigation'
import { type FormEvent, type ReactElement, type ReactNode, useTransition } from 'react'
import { Pending } from '#components/problem/pending.tsx'

interface UrlFormProps {
  readonly label: string
  readonly className: string | undefined
  readonly children: ReactNode
}

/** A form whose fields are the parameters of the page's URL; without JavaScript its button sends it. */
export function UrlForm({ label, className, children }: UrlFormProps): ReactElement {
  const router = useRouter()
  const pathname = usePathname()
  const [loading, startTransition] = useTransition()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const query = new URLSearchParams()
    for (const [name, value] of new FormData(event.currentTarget))
      if (value) query.append(name, String(value))
    startTransition(() => router.push(`${pathname}?${query}`, { scroll: false }))
  }
  return (
    <search>
      <form className={className} aria-label={label} aria-busy={loading} onSubmit={submit}>
        {children}
        {loading ? <Pending /> : null}
        <noscript>
          <button type="submit" className="button">
            Apply
          </button>
        </noscript>
      </form>
    </search>
  )
}
