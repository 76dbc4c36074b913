import type { Resolvers } from './resolvers.ts'

/** Mutations, carried out in the name of whoever asks: what they make says who made it. */
export function signed(mutations: Resolvers<unknown>): Resolvers<unknown> {
  return Object.fromEntries(
    Object.entries(mutations).map(([name, resolve]): [string, Resolvers<unknown>[string]] => [
      name,
      (source, args, context) => context.model.inTheNameOf(context.person(), () => resolve(source, args, context)),
    ]),
  )
}
