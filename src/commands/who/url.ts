/**
 * An address as a browser sends it: without the part behind `#`, what is not ASCII escaped. All else is left as it is
 * written, so that one can ask for what no browser sends.
 */
export function asSent(url: string): string {
  const [sent = ''] = url.split('#')
  return sent.toWellFormed().replace(/[^!-~]+/g, encodeURIComponent)
}
