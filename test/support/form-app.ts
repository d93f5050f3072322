// An app with forms, which writes down what it is sent and answers each with a page of its own.
import http from 'node:http'
import { portOf } from './ports.ts'

export interface SentToApp {
  readonly method: string
  readonly url: string
  readonly user: string
  readonly type: string
  readonly referer: string
  readonly body: Buffer
}

export interface FormApp {
  readonly url: string
  /** All but GET, oldest first. */
  readonly sent: readonly SentToApp[]
  close(): Promise<void>
}

export async function startFormApp(): Promise<FormApp> {
  const sent: SentToApp[] = []
  const server = http.createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const { method = '', url = '', headers } = request
    if (method !== 'GET') {
      const user = String(headers['x-forwarded-user'])
      const { 'content-type': type = '', referer = '' } = headers
      sent.push({ method, url, user, type, referer, body: Buffer.concat(pieces) })
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(method === 'GET' ? forms : `${head}<h1>Saved</h1><a href="next">Next</a>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    sent,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const head = '<!doctype html><html lang="en"><title>The app</title><link rel="icon" href="data:,">'
const forms = `${head}<h1>Forms</h1>
<form method="post" action="save?x=1&amp;y=%20">
<textarea name="note" aria-label="Note"></textarea><button>Save</button></form>
<form method="post" action="upload" enctype="multipart/form-data">
<input type="file" name="file" aria-label="File"><button>Upload</button></form>`
