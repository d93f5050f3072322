// Uploads by programs that people use: Python's http.client and curl (see upload_clients.py), and Node's own fetch.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = fileURLToPath(new URL('upload_clients.py', import.meta.url))

export const uploadClients = ['http.client', 'curl', 'fetch'] as const
export type UploadClient = (typeof uploadClients)[number]

/** What came of the uploads, counted: statuses and errors. */
export type UploadOutcomes = Readonly<Record<string, number>>

export interface Uploads {
  readonly client: UploadClient
  /** What Host says. `fetch` connects to it, as it cannot say another. */
  readonly host: string
  readonly port: number
  readonly path: string
  readonly bytes: number
  readonly count: number
  readonly atOnce: number
}

export async function upload(uploads: Uploads): Promise<UploadOutcomes> {
  const { client, host, port, path, bytes, count, atOnce } = uploads
  if (client === 'fetch') return byFetch(uploads)
  const args = [script, client, host, port, path, bytes, count, atOnce].map(String)
  return JSON.parse((await run('/usr/bin/python3', args)).stdout)
}

async function byFetch({ host, port, path, bytes, count, atOnce }: Uploads): Promise<UploadOutcomes> {
  const body = Buffer.alloc(bytes, 'x')
  const outcomes: Record<string, number> = {}
  const url = `http://${host.split(':')[0]}:${port}${path}`
  const one = async (): Promise<string> => {
    try {
      const response = await fetch(url, { method: 'POST', body, redirect: 'manual' })
      await response.arrayBuffer()
      return String(response.status)
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown.cause : null
      return cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed'
    }
  }
  for (let left = count; left > 0; left -= atOnce) {
    for (const outcome of await Promise.all(Array.from({ length: Math.min(atOnce, left) }, one)))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}
