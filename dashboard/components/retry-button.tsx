'use client'

import { useRouter } from 'next/navigation'
import { type ReactElement, useTransition } from 'react'
import { Icon } from './icon.tsx'

/** Asks the server for the page again. */
export function RetryButton(): ReactElement {
  const router = useRouter()
  const [asking, startTransition] = useTransition()
  return (
    <button
      type="button"
      className="button"
      data-primary
      disabled={asking}
      onClick={() => startTransition(() => router.refresh())}
    >
      <Icon name="replay" size={14} />
      {asking ? 'Trying…' : 'Try again'}
    </button>
  )
}
