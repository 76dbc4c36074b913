import { describe, expect, it } from 'vitest'
import { parseRehearsalAddress, type RehearsalAddress } from '../../src/kit/rehearsal-address.ts'

const address: RehearsalAddress = {
  format: 1,
  endpoint: 'http://127.0.0.1:4000/graphql/v2',
  edge: { host: '127.0.0.1', port: 4001 },
  tokens: { account: 'rehearsal_a', workspace: 'rehearsal_w', project: { staging: 'rehearsal_p' } },
  controlToken: 'rehearsal_c',
  pid: 1,
}

describe('a rehearsal address file', () => {
  it('reads back what was written', () => {
    expect(parseRehearsalAddress(JSON.stringify(address))).toEqual(address)
  })

  it('may name what stands in for the railway command', () => {
    const named = { ...address, standIn: '/bin/railway-stand-in.js' }
    expect(parseRehearsalAddress(JSON.stringify(named))).toEqual(named)
  })

  it.each([
    ['a stand-in that is no path', JSON.stringify({ ...address, standIn: 7 })],
    ['no JSON', '{'],
    ['no object', 'null'],
    ['another format', JSON.stringify({ ...address, format: 2 })],
    ['no edge', JSON.stringify({ ...address, edge: undefined })],
    ['no tokens', JSON.stringify({ ...address, tokens: undefined })],
    ['a port that is a word', JSON.stringify({ ...address, edge: { host: 'h', port: 'http' } })],
  ])('is refused when it holds %s', (_, text) => {
    expect(parseRehearsalAddress(text)).toBeUndefined()
  })
})
