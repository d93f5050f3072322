/**
 * An address as a browser sends it: without the part behind `#`, what is not ASCII escaped. All else is left as it is
 * written, so that one can ask for what no browser sends. Null for what is no http or https address.
 */
export function readUrl(text: string | undefined | null): string | null {
  if (!text || !/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return null
  const [sent = ''] = text.split('#')
  return sent.toWellFormed().replace(/[^!-~]+/g, encodeURIComponent)
}
