import { readFileSync } from 'node:fs'
import t from 'tap'
import { mayBePassed } from '../../../src/core/session/authorization-parameters.ts'

t.test('S-103: what /.auth/login reads itself goes to no provider', async (t) => {
  const login = readFileSync(new URL('../../../src/http/sign-in/login.ts', import.meta.url), 'utf8')
  const [, list = ''] = /const ownParameters = \[([^\]]*)\]/.exec(login) ?? []
  const names = [...list.matchAll(/'([a-z_]+)'/g)].map(([, name = '']) => name)
  t.ok(names.length >= 8, names.join(' '))
  for (const name of names) {
    t.equal(mayBePassed(name), false, name)
    t.equal(mayBePassed(name.toUpperCase()), false, name)
  }
})
