import Alerting
import HTTP

extension StatusRoutes {
    /// Why a token does or does not alert, and what comes next.
    func explanation(_ token: TokenSnapshot) async -> HTTPResponse {
        let explanation = explain(
            token.state,
            token.settings,
            plan: token.plan,
            spread: token.spread,
            mute: token.mute,
            at: token.at
        )
        let cannotSee = await ports.cannotSee(token.settings.id)
        let queues = await ports.quietQueues()
        let delays = ChannelQueue.delays(of: explanation.coming, by: queues)
        return json { json in
            json.object { json in
                json.key("id")
                json.value(token.settings.id.text)
                json.key("at")
                json.value(token.at)
                json.key("state")
                json.value(token.state.health.rawValue)
                json.key("conditions")
                json.array { json in
                    for judgement in explanation.judgements {
                        judgement.write(into: &json, finding: judgement.finding)
                    }
                }
                json.key("muted")
                if let mute = token.mute { mute.write(into: &json) } else { json.null() }
                json.key("stages")
                json.array { json in
                    for step in explanation.stages { step.write(into: &json) }
                }
                json.key("coming")
                json.array { json in
                    for (event, delays) in zip(explanation.coming, delays) {
                        event.writeForetold(delays, into: &json)
                    }
                }
                json.key("poll")
                explanation.poll.write(into: &json)
                json.key("cannot_see")
                json.value(cannotSee)
            }
        }
    }
}

extension Judgement {
    fileprivate func write(into json: inout JSONWriter, finding: Finding?) {
        json.object { json in
            json.key("condition")
            json.value(condition.rawValue)
            json.key("holds")
            json.value(finding != nil)
            json.key("severity")
            json.value(finding?.severity.rawValue)
            json.key("asked")
            json.value(reason.isAsked)
            json.key("rule")
            json.value(reason.rule)
            json.key("found")
            json.value(reason.found)
            json.key("changes_at")
            json.value(reason.changesAt)
            json.key("details")
            json.value(finding?.details ?? [])
            json.key("alert")
            if let alert {
                alert.write(into: &json, summary: finding?.summary)
            } else {
                json.null()
            }
        }
    }
}

extension StageStep {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.key("stage")
            json.value(stage.text)
            json.key("severity")
            json.value(stage.severity.rawValue)
            json.key("begins_at")
            json.value(beginsAt)
            json.key("reached")
            json.value(isReached)
        }
    }
}

extension Event {
    /// Writes an event to come, which has no id yet.
    fileprivate func writeForetold(
        _ delays: [(channel: String, fate: ChannelQueue.Fate)],
        into json: inout JSONWriter
    ) {
        json.object { json in
            json.key("at")
            json.value(at)
            json.key("type")
            json.value(kind.name)
            json.key("phase")
            json.value(phase.rawValue)
            json.key("severity")
            json.value(severity.rawValue)
            json.key("summary")
            json.value(summary)
            json.key("channels")
            json.value(channels)
            json.key("delayed")
            json.array { json in
                for (channel, fate) in delays {
                    json.object { json in
                        json.key("channel")
                        json.value(channel)
                        json.key("sent_at")
                        json.value(fate.sentAt)
                    }
                }
            }
        }
    }
}

extension PollExplanation {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.key("last_at")
            json.value(lastAt)
            json.key("last_outcome")
            json.value(lastOutcome?.rawValue)
            json.key("last_error")
            json.value(lastError)
            json.key("failures")
            json.value(failures)
            json.key("next_at")
            json.value(nextAt)
            json.key("reason")
            json.value(reason.rawValue)
            json.key("because")
            json.value(because)
        }
    }
}
