const width = 98

/**
 * A page of Markdown whose paragraphs and items of lists are broken at the width that readers of the source have.
 * Fences, tables, headings and comments stay as they are, and so does what cannot be broken: a span of code, a link.
 */
export function breakLines(page: string): string {
  const blocks: Block[] = []
  let fence: string | null = null
  for (const line of page.split('\n')) {
    const [, opened = null] = /^ *(```|<!--)/.exec(line) ?? []
    const kept = fence !== null || opened !== null || /^\s*$|^ *(?:\||#|<|>)/.test(line)
    if (fence === null) fence = opened === '<!--' && line.includes('-->') ? null : opened
    else if (line.trim() === '```' || line.includes('-->')) fence = null
    const last = blocks.at(-1)
    if (kept) blocks.push({ kept, text: line, indent: '' })
    else if (last !== undefined && !last.kept && !item.test(line)) last.text += ` ${line.trim()}`
    else blocks.push({ kept, text: line, indent: ' '.repeat(item.exec(line)?.[0].length ?? 0) })
  }
  return blocks.map(({ kept, text, indent }) => (kept ? text : broken(text, indent))).join('\n')
}

interface Block {
  readonly kept: boolean
  text: string
  /** Of the lines after the first: as deep as the text of an item. */
  readonly indent: string
}

const item = /^ *(?:[-*] |\d+\. )/

function broken(text: string, indent: string): string {
  const [start = ''] = /^ */.exec(text) ?? []
  const lines: string[] = []
  let line = ''
  for (const [word] of text.trim().matchAll(/(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g)) {
    const longer = line === '' ? `${start}${word}` : `${line} ${word}`
    if (line !== '' && longer.length > width) {
      lines.push(line)
      line = `${indent === '' ? start : indent}${word}`
    } else line = longer
  }
  return [...lines, line].join('\n')
}
