import http from 'node:http'
import { Readable } from 'node:stream'
import { residentMebibytes } from './process.ts'
import { type Subject, startClaimgate, startUpstream } from './subjects.ts'

export interface TransferGrowth {
  /** MiB of resident memory above what it was before, at its highest, while so much went through. */
  readonly uploadGrowthMebibytes: number
  readonly downloadGrowthMebibytes: number
}

/** Sends so many bytes through the gateway to the upstream, then fetches as many, and watches the memory. */
export async function measureTransfer(bytes: number): Promise<TransferGrowth> {
  const upstream = await startUpstream()
  const gateway = await startClaimgate(`http://127.0.0.1:${upstream.port}`)
  try {
    // Once in small, so that code and buffers that any transfer needs are there.
    await upload(gateway, 32 * 1024 * 1024)
    await download(gateway, 32 * 1024 * 1024)
    return {
      uploadGrowthMebibytes: await growth(gateway.pid, () => upload(gateway, bytes)),
      downloadGrowthMebibytes: await growth(gateway.pid, () => download(gateway, bytes)),
    }
  } finally {
    await gateway.stop()
    await upstream.stop()
  }
}

async function growth(pid: number, transfer: () => Promise<number>): Promise<number> {
  const before = residentMebibytes(pid)
  let highest = before
  const timer = setInterval(() => {
    highest = Math.max(highest, residentMebibytes(pid))
  }, 50)
  await transfer()
  clearInterval(timer)
  return Math.round(Math.max(highest, residentMebibytes(pid)) - before)
}

function upload(gateway: Subject, bytes: number): Promise<number> {
  const piece = Buffer.alloc(64 * 1024, 'x')
  let left = bytes
  const body = new Readable({
    read() {
      const next = Math.min(left, piece.length)
      left -= next
      this.push(next === 0 ? null : piece.subarray(0, next))
    },
  })
  return ask(gateway, '/upload', 'POST', body)
}

async function download(gateway: Subject, bytes: number): Promise<number> {
  const received = await ask(gateway, `/upload/take?bytes=${bytes}`, 'GET', Readable.from([]))
  if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came`)
  return received
}

/** The number of bytes of the answer. */
function ask(gateway: Subject, path: string, method: string, body: Readable): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: gateway.port, path, method, agent: false }
    const headers = { ...gateway.headers, Host: `localhost:${gateway.port}` }
    const request = http.request({ ...options, headers }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('error', reject)
      response.on('end', () =>
        response.statusCode === 200 ? resolve(bytes) : reject(new Error(`status ${response.statusCode}`)),
      )
    })
    request.on('error', reject)
    if (method === 'GET') request.end()
    else body.pipe(request)
  })
}
