import { isNavigation, type RequestHeaders } from './navigation.ts'

/** Whether a page of another origin made the browser ask, as Fetch Metadata tells it; a program sends none. */
export function isFromOtherSite(headers: RequestHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/**
 * Whether a page of another origin made the browser bring its certificate, which it shows whoever asks. A person who
 * follows a link asks for a page, and no more.
 */
export function isDriven(method: string, headers: RequestHeaders): boolean {
  return isFromOtherSite(headers) && !(method === 'GET' && isNavigation(method, headers))
}
