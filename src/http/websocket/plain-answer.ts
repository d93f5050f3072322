import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnswerHead } from '../../core/ports.ts'

/**
 * Answers a handshake in plain HTTP and closes: nothing that the client sent behind it is looked at (S-190). The length
 * is that of the body that is given, whatever the head says.
 */
export function endWith(client: Duplex, head: AnswerHead, body: Buffer): void {
  const length = head.statusCode === 304 ? [] : ['Content-Length', String(body.length)]
  const headers = [...withoutLength(head.headers), ...length, 'Connection', 'close']
  client.end(Buffer.concat([Buffer.from(headText({ ...head, headers }), 'latin1'), body]), () =>
    client.destroy(),
  )
}

/** Status line and header lines, as latin-1 text, with the empty line. */
export function headText({ statusCode, reasonPhrase, headers }: AnswerHead): string {
  const texts = headers.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`))
  return `HTTP/1.1 ${statusCode} ${reasonPhrase ?? STATUS_CODES[statusCode] ?? 'Answer'}\r\n${texts.join('')}\r\n`
}

function withoutLength(headers: readonly string[]): readonly string[] {
  return headers.filter((_, i) => headers[i - (i % 2)]?.toLowerCase() !== 'content-length')
}
