/** Request headers by lower-case name, as Node gives them: repeated lines are joined or listed. */
export type RequestHeaders = { readonly [name: string]: string | readonly string[] | undefined }

/**
 * Whether a person's browser asks for a page, so that a redirect or a page is the answer, rather than a script or a
 * program. Fetch Metadata says so where it is sent; a frame or an image is no navigation. Without it, `Accept` does.
 * Office opens links itself first and follows redirects to their end, where it shows what the browser then cannot use.
 */
export function isNavigation(method: string, headers: RequestHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (isOffice(headers['user-agent'])) return false
  if (fetchMetadata.some((name) => headers[name] !== undefined)) {
    return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  }
  return headers['x-requested-with'] === undefined && namesHtml(headers.accept)
}

/** `Microsoft Office Word 2014 …`, `Mozilla/4.0 (compatible; ms-office; MSOffice 16)`: the programs, not the browser. */
function isOffice(agent: string | readonly string[] | undefined): boolean {
  return typeof agent === 'string' && /ms-office|microsoft office/i.test(agent)
}

const frames = ['iframe', 'frame', 'embed', 'object']

/** Whether a browser asks for what stands in a frame of a page, whichever site the page is of. Known by Fetch Metadata alone. */
export function isFramed(headers: RequestHeaders): boolean {
  const dest = headers['sec-fetch-dest']
  return typeof dest === 'string' && frames.includes(dest)
}

/** Whether that page is of the same origin: a person sees what is answered, and nobody else can lay it under theirs. */
export function isOwnFrame(method: string, headers: RequestHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return (
    isFramed(headers) &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-site'] === 'same-origin'
  )
}

const fetchMetadata = ['sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-site', 'sec-fetch-user']

function namesHtml(accept: string | readonly string[] | undefined): boolean {
  const ranges = (typeof accept === 'string' ? accept : (accept?.join(',') ?? '')).split(',')
  return ranges.some((range) => /^\s*text\/html\s*(?:;|$)/i.test(range))
}

/**
 * Whether a client sent a credential of its own: it is a program, and a sign-in page would only confuse it. `keyHeader`: the
 * name in lower case of the header that carries keys; null: none does.
 */
export function sendsCredential(headers: RequestHeaders, keyHeader: string | null = null): boolean {
  return headers.authorization !== undefined || (keyHeader !== null && headers[keyHeader] !== undefined)
}
