import { batchFeed } from '../batch-feed.ts'
import { feed } from '../feed.ts'
import {
  type AnchoredQuestion,
  deploymentRows,
  environmentRows,
  type LogQuestion,
  requestRows,
} from '../log-questions.ts'
import type { Deployment, DeploymentEvent, LogKind, PrintedRow, RequestRow } from '../model.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers } from './resolvers.ts'

interface OfDeployment {
  deploymentId: string
}

/** Each answers the source of its events; who may not read a deployment may not follow it either. */
export const subscriptions: Resolvers<unknown> = {
  buildLogs: (_, args: OfDeployment & LogQuestion, context) => logFeed(context, 'build', args),
  deployment: (_, { id }: { id: string }, context) => {
    const deployment = context.deployment(id)
    return feed<Deployment>((push, end) =>
      context.model.news.follow(deployment, ({ kind }) => {
        if (kind !== 'status') return
        // As it is now: it may have gone on by the time it is sent.
        push({ ...deployment })
        if (deployment.status === 'REMOVED') end()
      }),
    )
  },
  deploymentEvents: (_, { id }: { id: string }, context) => {
    const deployment = context.deployment(id)
    return feed<DeploymentEvent>((push, end) =>
      context.model.news.follow(deployment, (item) => {
        if (item.kind === 'event') push({ ...item.event })
        if (item.kind === 'status' && deployment.status === 'REMOVED') end()
      }),
    )
  },
  deploymentLogs: (_, args: OfDeployment & LogQuestion, context) => logFeed(context, 'deploy', args),
  environmentLogs: (_, { environmentId, ...question }: { environmentId: string } & AnchoredQuestion, context) => {
    const environment = context.environment(environmentId)
    const { rows, passes } = environmentRows(environment, question, moment(context))
    return batchFeed<PrintedRow>(rows, (push, end) =>
      context.model.news.follow(environment, (item) => {
        if (item.kind === 'log') push(item.rows.filter(passes))
        if (item.kind === 'gone') end()
      }),
    )
  },
  httpLogs: (_, { deploymentId, ...question }: OfDeployment & AnchoredQuestion, context) => {
    const deployment = context.deployment(deploymentId)
    const { rows, passes } = requestRows(deployment, question, moment(context))
    return batchFeed<RequestRow>(rows, (push, end) =>
      context.model.news.follow(deployment, (item) => {
        if (item.kind === 'request' && passes(item.row)) push([item.row])
        if (item.kind === 'status' && deployment.status === 'REMOVED') end()
      }),
    )
  },
}

function logFeed(context: RequestContext, log: LogKind, { deploymentId, ...question }: OfDeployment & LogQuestion) {
  const deployment = context.deployment(deploymentId)
  const { rows, passes } = deploymentRows(deployment, log, question, moment(context))
  return batchFeed<PrintedRow>(rows, (push, end) =>
    context.model.news.follow(deployment, (item) => {
      if (item.kind === 'log') push(item.rows.filter(passes))
      if (item.kind === 'status' && deployment.status === 'REMOVED') end()
    }),
  )
}

function moment({ model }: RequestContext) {
  return { now: model.agenda.now(), isQuirky: false }
}
