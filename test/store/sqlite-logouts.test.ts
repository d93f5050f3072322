// Marks of logouts, which anybody may leave by front-channel requests: however many come, the file stays small.
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { logoutsTable, prepareLogouts } from '../../src/store/sqlite-logouts.ts'

t.test('S-183: of more than the limit the first are forgotten, also when no purge comes', async (t) => {
  const database = new DatabaseSync(':memory:')
  t.teardown(() => database.close())
  const columns = 'key TEXT, issuer TEXT, subject TEXT, sid TEXT, issued_at INTEGER'
  database.exec(`CREATE TABLE session (${columns}); ${logoutsTable}`)
  const logouts = prepareLogouts(database, 3)
  const issuer = 'https://acme.example.com'
  for (const sid of ['s1', 's2', 's3', 's4', 's5'])
    logouts.add({ issuer, subject: null, sid, issuedBy: 1000, jti: null, at: 1000 })
  t.equal(database.prepare('SELECT count(*) AS many FROM logout').get()?.many, 3)
  const ends = (sid: string) => logouts.ends({ issuer, subject: 'alice', sid, idTokenIssuedAt: 1000 })
  t.same(['s1', 's2', 's3', 's4', 's5'].map(ends), [false, false, true, true, true])
})
