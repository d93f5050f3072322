import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { isFromOrigin } from '../../core/request/form-to-keep.ts'
import { readHost } from '../../core/request/host.ts'
import { readFormField } from '../../core/session/sent-form.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'

/**
 * The origin that a request may bring a link to a kept form for, by its headers alone; null: it brings none. A small
 * `text/plain` from a page of that very origin, as the form on our own page is sent.
 */
export function originOfFormLink({ gateway }: Runtime, request: IncomingMessage): Origin | null {
  const { method, headers } = request
  if (method !== 'POST' || headers.origin === undefined || !isSmallText(headers)) return null
  const host = readHost(request.rawHeaders)
  const origin = host.ok ? gateway.hosts.get(host.host) : undefined
  if (origin === undefined || gateway.session.store.kind === 'cookie') return null
  const mode = headers['sec-fetch-mode']
  const isNavigation = mode === undefined || mode === 'navigate'
  return isNavigation && isFromOrigin(headers, origin.origin) ? origin : null
}

function isSmallText(headers: IncomingHttpHeaders): boolean {
  const { 'content-type': type = '', 'content-length': length, expect } = headers
  const bytes = Number(length ?? 0)
  return (
    /^text\/plain *(?:;|$)/i.test(type) &&
    bytes > 0 &&
    bytes <= limits.resumeFormBytes &&
    headers['transfer-encoding'] === undefined &&
    headers['content-encoding'] === undefined &&
    expect === undefined
  )
}

/**
 * The link in the body of such a request; null: it is a body of the app’s own, which is put back and read by whoever
 * reads it then, as is what has come when the rest of it does not. Never rejects.
 */
export function readFormLink(
  request: IncomingMessage,
  timing: Timing = systemTiming,
): Promise<string | null> {
  const bytes = Number(request.headers['content-length'])
  return new Promise((resolve) => {
    let body: Buffer = Buffer.alloc(0)
    let isOver = false
    const end = (link: string | null): void => {
      if (isOver) return
      isOver = true
      stopTimer()
      request.off('data', take).off('close', giveUp)
      if (link === null) {
        // Before the stream tells of its end, which it does when nothing is left in it.
        request.pause()
        if (body.length > 0) request.unshift(body)
      }
      resolve(link)
    }
    const take = (piece: Buffer): void => {
      body = Buffer.concat([body, piece])
      if (body.length >= bytes) end(readFormField(body))
    }
    const giveUp = (): void => end(null)
    const stopTimer = timing.after(limits.formMs, giveUp)
    request.on('data', take)
    request.once('close', giveUp)
  })
}
