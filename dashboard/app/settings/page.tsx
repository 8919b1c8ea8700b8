import { collectorUrl, readVariables } from '@weir/config'
import { getDiskUsage, getStoreStats } from '@weir/store/pages'
import { readRetention, removalTotals } from '@weir/store/retention'
import type { Metadata } from 'next'
import type { ReactElement } from 'react'
import { CopyButton } from '#components/frame/copy-button.tsx'
import { PageHeader } from '#components/frame/page-header.tsx'
import { Panel } from '#components/frame/panel.tsx'
import { StatTiles } from '#components/frame/stat-tiles.tsx'
import { Time } from '#components/frame/time.tsx'
import { describeProjects, ProjectsTable, TablesTable } from '#components/store/disk-tables.tsx'
import { RetentionTable } from '#components/store/retention-facts.tsx'
import { withStore } from '#data/with-store.tsx'
import { formatBytes, formatCount, formatExact } from '#format/number.ts'
import { withoutCredentials } from '#format/url.ts'
import packageJson from '#package.json' with { type: 'json' }
import styles from './settings.module.css'

export const metadata: Metadata = { title: 'Settings' }

export default function SettingsPage(): Promise<ReactElement> {
  return withStore(async (store) => {
    const nowMs = Date.now()
    const endpoint = collectorUrl(readVariables('dashboard'))
    const [stats, usage, applied, removed] = await Promise.all([
      getStoreStats(store),
      getDiskUsage(store),
      readRetention(store),
      removalTotals(store),
    ])
    const isOn = removed.length > 0 || applied.some(({ days, payloadDays }) => days + payloadDays > 0)
    return (
      <>
        <PageHeader title="Settings" />
        <Panel title="Send data" note="Any OpenTelemetry exporter over OTLP/HTTP, protobuf or JSON">
          <div className={styles.ways}>
            <Snippet title="With the SDK" text={sdkExample(endpoint)} />
            <Snippet
              title="With any OpenTelemetry SDK"
              text={`OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nOTEL_SERVICE_NAME=my-app`}
            />
          </div>
        </Panel>
        <StatTiles
          label="Store"
          stats={[
            { label: 'Spans', value: formatCount(stats.spans), title: formatExact(stats.spans) },
            { label: 'Runs', value: formatCount(stats.runs), title: formatExact(stats.runs) },
            { label: 'Traces not settled', value: formatCount(stats.unsettledTraces) },
            { label: 'On disk', value: formatBytes(stats.diskBytes) },
            {
              label: 'Newest span',
              value:
                stats.newestSpanMs === null ? 'none' : <Time unixMs={stats.newestSpanMs} nowMs={nowMs} />,
            },
          ]}
        />
        <Panel title="Disk by project" note={describeProjects(usage)} flush>
          <ProjectsTable usage={usage} />
        </Panel>
        <Panel title="Disk by table" note="All projects together" flush>
          <TablesTable usage={usage} />
        </Panel>
        <Panel
          title="Retention"
          note={isOn ? 'As the worker applied it last' : 'Everything is kept for ever'}
          flush={isOn}
        >
          {isOn ? (
            <RetentionTable applied={applied} removed={removed} nowMs={nowMs} />
          ) : (
            <p>
              Set <code>WEIR_RETENTION_DAYS</code> to remove runs, and{' '}
              <code>WEIR_PAYLOAD_RETENTION_DAYS</code> to remove what went in and came out, after so many
              days.
            </p>
          )}
        </Panel>
        <Panel title="This dashboard">
          <dl className={styles.facts}>
            <dt>Weir</dt>
            <dd>{packageJson.version}</dd>
            <dt>Node</dt>
            <dd>{process.version}</dd>
            <dt>ClickHouse</dt>
            <dd>
              <code>{withoutCredentials(store.url)}</code>, database <code>{store.database}</code>
            </dd>
            <dt>Project</dt>
            <dd>{store.project}</dd>
          </dl>
        </Panel>
      </>
    )
  })
}

function Snippet({ title, text }: { readonly title: string; readonly text: string }): ReactElement {
  return (
    <section aria-label={title} className={styles.snippet}>
      <div>
        <h3>{title}</h3>
        <CopyButton text={text} label={`Copy: ${title}`} />
      </div>
      <pre>{text}</pre>
    </section>
  )
}

function sdkExample(endpoint: string): string {
  return `import { flow, init } from '@weir/sdk'

init({
  serviceName: 'my-app',
  endpoint: '${endpoint}',
})

const research = flow('research', { version: '1' }, async (query) => {
  const plan = await flow.step('plan', () => makePlan(query))
  return flow.step('search', () => search(plan), {
    retry: { attempts: 3 },
  })
})

await research.run('launch plan')`
}
