import { type LogQuestion, newestLines, passes } from '../deployment-logs.ts'
import { feed } from '../feed.ts'
import type { Deployment, DeploymentEvent, LogKind } from '../model.ts'
import type { RequestContext } from './request-context.ts'
import type { Resolvers } from './resolvers.ts'
import { shownLine } from './things.ts'

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
  environmentLogs: (_, { environmentId, filter }: { environmentId: string; filter?: string | null }, context) => {
    const deployments = Array.from(
      context.environment(environmentId).instances.values(),
      (one) => one.deployments,
    ).flat()
    return feed<ReturnType<typeof shownLine>[]>((push) => {
      const stops = deployments.map((deployment) =>
        context.model.news.follow(deployment, (item) => {
          if (item.kind === 'log' && item.log === 'deploy' && passes(item.line, filter))
            push([shownLine(item.line, deployment)])
        }),
      )
      return () => {
        for (const stop of stops) stop()
      }
    })
  },
  httpLogs: (_, { deploymentId }: OfDeployment, context) => {
    context.deployment(deploymentId)
    return feed<never[]>(() => () => {})
  },
}

function logFeed(context: RequestContext, log: LogKind, { deploymentId, ...question }: OfDeployment & LogQuestion) {
  const deployment = context.deployment(deploymentId)
  return feed<ReturnType<typeof shownLine>[]>((push, end) => {
    const recent = newestLines(deployment.logs[log], question, false)
    if (recent.length > 0) push(recent.map((line) => shownLine(line, deployment)))
    return context.model.news.follow(deployment, (item) => {
      if (item.kind === 'log' && item.log === log && passes(item.line, question.filter)) {
        push([shownLine(item.line, deployment)])
      }
      if (item.kind === 'status' && deployment.status === 'REMOVED') end()
    })
  })
}
