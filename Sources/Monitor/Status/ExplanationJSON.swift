import Alerting
import HTTP

extension StatusRoutes {
    /// Returns the reasons for a token's alerts or their absence, and its next notifications.
    func explanation(_ token: TokenSnapshot) async -> HTTPResponse {
        let explanation = token.explanation
        let cannotSee = await ports.cannotSee(token.settings.id)
        let queues = await ports.quietQueues()
        let delays = ChannelQueue.delays(of: explanation.coming, by: queues)
        return json { json in
            json.object { json in
                json.field("id", token.settings.id.text)
                json.field("at", token.at)
                json.field("state", token.state.health.rawValue)
                json.array("conditions") { json in
                    for judgement in explanation.judgements {
                        judgement.write(into: &json, finding: judgement.finding)
                    }
                }
                json.field("muted", token.mute) { $0.write(into: &$1) }
                json.array("stages") { json in
                    for step in explanation.stages { step.write(into: &json) }
                }
                json.array("coming") { json in
                    for (event, delays) in zip(explanation.coming, delays) {
                        event.writeForetold(delays, into: &json)
                    }
                }
                json.key("poll")
                explanation.poll.write(into: &json)
                json.field("cannot_see", cannotSee)
            }
        }
    }
}

extension TokenSnapshot {
    var explanation: Explanation {
        explain(
            state,
            settings,
            plan: plan,
            spread: spread,
            mute: mute,
            keepExpired: keepExpired,
            at: at
        )
    }
}

extension Judgement {
    fileprivate func write(into json: inout JSONWriter, finding: Finding?) {
        json.object { json in
            json.field("condition", condition.rawValue)
            json.field("holds", finding != nil)
            json.field("severity", finding?.severity.rawValue)
            json.field("asked", reason.isAsked)
            json.field("rule", reason.rule)
            json.field("found", reason.found)
            json.field("changes_at", reason.changesAt)
            json.field("details", finding?.details ?? [])
            json.field("alert", alert) { $0.write(into: &$1, summary: finding?.summary) }
        }
    }
}

extension StageStep {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.field("stage", stage.text)
            json.field("severity", stage.severity.rawValue)
            json.field("begins_at", beginsAt)
            json.field("reached", isReached)
        }
    }
}

extension Event {
    /// Writes a future event, which has no id yet.
    fileprivate func writeForetold(
        _ delays: [(channel: String, fate: ChannelQueue.Fate)],
        into json: inout JSONWriter
    ) {
        json.object { json in
            json.field("at", at)
            json.field("type", kind.name)
            json.field("phase", phase.rawValue)
            json.field("severity", severity.rawValue)
            json.field("summary", summary)
            json.field("channels", channels)
            json.array("delayed") { json in
                for (channel, fate) in delays {
                    json.object { json in
                        json.field("channel", channel)
                        json.field("sent_at", fate.sentAt)
                    }
                }
            }
        }
    }
}

extension PollExplanation {
    fileprivate func write(into json: inout JSONWriter) {
        json.object { json in
            json.field("last_at", lastAt)
            json.field("last_outcome", lastOutcome?.rawValue)
            json.field("last_error", lastError)
            json.field("failures", failures)
            json.field("next_at", nextAt)
            json.field("reason", reason.rawValue)
            json.field("because", because)
        }
    }
}
