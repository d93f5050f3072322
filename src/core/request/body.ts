/** RFC 9112 section 6.3: a request has a body when it says so, whatever its method. */
export function announcesBody(headers: {
  readonly 'content-length'?: string | undefined
  readonly 'transfer-encoding'?: string | undefined
}): boolean {
  const length = headers['content-length']
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** Whether a client waits to be asked for its body. One of HTTP/1.0 would take that for the answer (RFC 9110 section 10.1.1). */
export function expectsContinue(request: {
  readonly httpVersion: string
  readonly headers: { readonly expect?: string | undefined }
}): boolean {
  return request.headers.expect !== undefined && request.httpVersion === '1.1'
}
