import t from 'tap'
import { breakLines } from '../../src/reference/prose.ts'

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ')

t.test('paragraphs and items are broken within 100 columns, and say the same', async (t) => {
  const page = `${words(60)}\n\n- ${words(40)}\n- short\n  goes on\n\n1. ${words(30)}\n   - ${words(40)}\n`
  const broken = breakLines(page)
  t.ok(
    broken.split('\n').every((line) => line.length <= 100),
    broken,
  )
  t.equal(broken.replaceAll(/\s+/g, ' '), page.replaceAll(/\s+/g, ' '))
  t.match(broken, '\n- short goes on\n')
  t.match(broken, /\n {2}word/, 'what follows in an item stands below its text')
  t.match(broken, /\n {5}word/)
})

t.test('fences, tables, headings and comments stay as they are', async (t) => {
  const long = words(40)
  for (const page of [
    `\`\`\`sh\n${long}\n\n${long}\n\`\`\``,
    `| ${long} |`,
    `# ${long}`,
    `<!-- ${long} -->`,
    `<!-- ${long}\n${long} -->`,
  ])
    t.equal(breakLines(page), page)
  t.equal(breakLines(`<!-- a -->\n${long}`).split('\n').length, 4, 'what comes behind a comment is broken')
})

t.test('a span of code and a link are not broken', async (t) => {
  const broken = breakLines(
    `${words(18)} \`a b c d e f g h\` ${words(15)} [a link of words](to.md#there) ${words(9)}`,
  )
  t.match(broken, '`a b c d e f g h`')
  t.match(broken, '[a link of words](to.md#there)')
})

t.test('a page that is broken once is not broken further', async (t) => {
  const page = breakLines(`- ${words(50)}\n\n${words(50)}\n`)
  t.equal(breakLines(page), page)
})
