/** Request headers by lower-case name, as Node gives them: repeated lines are joined or listed. */
export type RequestHeaders = { readonly [name: string]: string | readonly string[] | undefined }

/**
 * Whether a person's browser asks for a page, so that a redirect or a page is the answer, rather than a script or a
 * program. Fetch Metadata says so where it is sent; a frame or an image is no navigation. Without it, `Accept` does.
 */
export function isNavigation(method: string, headers: RequestHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (fetchMetadata.some((name) => headers[name] !== undefined)) {
    return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  }
  return headers['x-requested-with'] === undefined && namesHtml(headers.accept)
}

const fetchMetadata = ['sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-site', 'sec-fetch-user']

function namesHtml(accept: string | readonly string[] | undefined): boolean {
  const ranges = (typeof accept === 'string' ? accept : (accept?.join(',') ?? '')).split(',')
  return ranges.some((range) => /^\s*text\/html\s*(?:;|$)/i.test(range))
}

/** Whether a client sent a credential of its own: it is a program, and a sign-in page would only confuse it. */
export function sendsCredential(headers: RequestHeaders): boolean {
  return headers.authorization !== undefined
}
