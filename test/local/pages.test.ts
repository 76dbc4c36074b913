import { describe, expect, test } from 'vitest'
import { type PageArgs, page } from '../../src/local/pages.ts'

const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => ({ id }))
const cursor = (id: string) => Buffer.from(id).toString('base64url')

describe('a page', () => {
  test.each<[string, PageArgs, number, string]>([
    ['without arguments', {}, 500, 'abcde>'],
    ['with nulls', { first: null, last: null, after: null, before: null }, 500, 'abcde>'],
    ['of the first two', { first: 2 }, 500, 'ab>'],
    ['behind a cursor', { first: 2, after: cursor('b') }, 500, '<cd>'],
    ['behind the last', { first: 2, after: cursor('g') }, 500, '<'],
    ['before a cursor', { first: 10, before: cursor('c') }, 500, 'ab>'],
    ['of the last two', { last: 2 }, 500, '<fg'],
    ['of the last two before a cursor', { last: 2, before: cursor('d') }, 500, '<bc>'],
    ['of no rows', { first: 0 }, 500, '>'],
    ['under a cap', { first: 500 }, 3, 'abc>'],
    ['under a cap, without arguments', {}, 2, 'ab>'],
  ])('%s', (_, args, cap, expected) => {
    const { edges, pageInfo } = page(rows, args, cap)
    const shown = edges.map(({ node }) => node.id).join('')
    expect(`${pageInfo.hasPreviousPage ? '<' : ''}${shown}${pageInfo.hasNextPage ? '>' : ''}`).toBe(expected)
  })

  test('never has more than 500 rows', () => {
    const many = Array.from({ length: 600 }, (_, at) => ({ id: String(at) }))
    expect(page(many, { first: 1_000 }, 10_000).edges).toHaveLength(500)
  })

  test('goes on at the same row when rows before the cursor have gone or come', () => {
    const after = page(rows, { first: 3 }, 500).pageInfo.endCursor
    const changed = [{ id: 'new' }, ...rows.slice(1)]
    expect(page(changed, { first: 1, after }, 500).edges[0]?.node.id).toBe('d')
  })
})
