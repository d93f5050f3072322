import t from 'tap'
import { readToml } from '../../../../src/migration/oauth2-proxy/reading/toml.ts'

/** Settings and faults as one line each. */
function told(text: string): readonly string[] {
  const { settings, faults } = readToml(text, 'f')
  return [
    ...settings.map(({ at, key, values }) => `${at.line}:${at.column} ${key} ${JSON.stringify(values)}`),
    ...faults.map(({ at, message }) => `${at.line}:${at.column} fault ${message}`),
  ]
}

t.test('every setting has its own line and column, whatever stands before it', async (t) => {
  const text = [
    '# a comment with a ] in it',
    'provider = "oidc" # so',
    '',
    "  email_domains = [ 'a.example', # one ]",
    '    "b.example",',
    '  ]',
    'footer = """',
    'cookie_name = "not this one"',
    '"""',
    '"cookie-name" = "this"',
  ]
  const wanted = [
    '2:1 provider ["oidc"]',
    '4:3 email_domains ["a.example","b.example"]',
    '7:1 footer ["cookie_name = \\"not this one\\"\\n"]',
    '10:1 cookie_name ["this"]',
  ]
  t.same(told(text.join('\n')), wanted)
  t.same(told(text.join('\r\n')), wanted, 'with line ends of Windows')
})

t.test('numbers and booleans are their texts, without loss', async (t) => {
  t.same(told('a = true\nb = 1_000\nc = 9007199254740993\nd = [ 1, "x" ]'), [
    '1:1 a ["true"]',
    '2:1 b ["1000"]',
    '3:1 c ["9007199254740993"]',
    '4:1 d ["1","x"]',
  ])
})

t.test('what oauth2-proxy reads nowhere is a fault at its place', async (t) => {
  const kinds = 'expected a text in quotes, a number, true, false or a list of them'
  t.same(told('a = 1979-05-27\nb = [ [ "x" ] ]\n[c]\n  d.e = 1'), [
    `1:1 fault ${kinds}`,
    `2:1 fault ${kinds}`,
    '3:1 fault no setting of oauth2-proxy stands in a table',
    '4:3 fault no setting of oauth2-proxy stands in a table',
  ])
})

t.test('all faults are told, and a list that never ends hides none of them', async (t) => {
  t.same(told('a = [ "x",\nb = y\nc = "1"\nc = "2"'), [
    '3:1 c ["1"]',
    '4:1 c ["2"]',
    '1:5 fault the list is not closed',
    '2:5 fault invalid value: texts stand in quotes',
    '4:1 fault c stands here twice',
  ])
})
