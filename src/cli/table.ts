/** Rows as columns for a terminal, the first row as heading, with a final newline. Cells hold no controls. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => widest(rows.map((row) => row[column] ?? ''))) ?? []
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - columnsOf(cell)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** `2026-11-29T04:00:00Z`. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function widest(cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, columnsOf(cell)), 0)
}

/** How many columns of a terminal a text takes: marks none, Chinese, Japanese, Korean and emoji two. */
function columnsOf(text: string): number {
  return text.replaceAll(/\p{M}/gu, '').replaceAll(wide, '..').length
}

const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]|[\u{10000}-\u{10ffff}]/gu
