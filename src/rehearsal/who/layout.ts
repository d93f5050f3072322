/** What a terminal and a review page both show without turning lines over. */
const width = 100

/** Breaks a text at spaces. `first` stands before its first line, spaces of the same length before the others. */
export function wrap(text: string, first = '', most = width): string {
  return linesOf(text, Math.max(20, most - first.length))
    .map((line, index) => (index === 0 ? first : ' '.repeat(first.length)) + line)
    .join('\n')
}

/** Colours a cell that is set already, so that no colour counts as width. */
export type PaintCell = (text: string, row: number, column: number) => string

const asItIs: PaintCell = (text) => text

/** Rows of cells as columns, each as wide as its widest cell, the last ones broken where they do not fit. */
export function columns(
  rows: readonly (readonly string[])[],
  indent = '  ',
  paint: PaintCell = asItIs,
): string {
  const widths = columnWidths(rows, width - indent.length)
  const lines = rows.flatMap((cells, row) =>
    rowLines(cells, widths, (text, column) => paint(text, row, column)).map((line) =>
      (indent + line).trimEnd(),
    ),
  )
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

const gap = 2
const narrowest = 16

/** The last columns give way first: what stands on the left names the row. */
function columnWidths(rows: readonly (readonly string[])[], width: number): readonly number[] {
  const widths: number[] = []
  for (const cells of rows) {
    for (const [at, cell] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  }
  const excess = (): number => widths.reduce((sum, one) => sum + one + gap, -gap) - width
  while (excess() > 0) {
    const widest = Math.max(...widths)
    if (widest <= narrowest) break
    widths[widths.lastIndexOf(widest)] = Math.max(narrowest, widest - excess(), secondOf(widths, widest))
  }
  return widths
}

function secondOf(widths: readonly number[], widest: number): number {
  const rest = widths.filter((one) => one < widest)
  return widths.length - rest.length > 1 ? widest - 1 : Math.max(0, ...rest)
}

function rowLines(
  cells: readonly string[],
  widths: readonly number[],
  paint: (text: string, column: number) => string,
): readonly string[] {
  const broken = cells.map((cell, at) => linesOf(cell, widths[at] ?? cell.length))
  const height = Math.max(...broken.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    broken
      .map((lines, at) => {
        const text = lines[line] ?? ''
        const rest = ' '.repeat(Math.max(0, (widths[at] ?? 0) - text.length))
        return (text === '' ? '' : paint(text, at)) + rest
      })
      .join(' '.repeat(gap)),
  )
}

/** A word that is longer than a line is broken too. */
function linesOf(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = word
    while (line.length > width) {
      lines.push(line.slice(0, width))
      line = line.slice(width)
    }
  }
  return [...lines, line]
}
