import Alerting
import Formats
import Monitor

/// The daemon's explanation of a token's alerts.
struct ExplainReport {
    struct Condition {
        let name: String
        /// The severity; nil if the condition does not apply.
        let severity: Severity?
        let rule: String
        let found: String
        /// Whether it is configured.
        let isAsked: Bool
        let changesAt: Instant?
        let alert: AlertReport?

        var isOpen: Bool { severity != nil || alert != nil }
    }

    struct Stage {
        let text: String
        let severity: Severity
        let beginsAt: Instant
        let isReached: Bool
    }

    /// A future event.
    struct Foretold: Hashable {
        let at: Instant
        let type: String
        let phase: String
        let severity: Severity
        let summary: String
        let channels: [String]
        /// The channels whose quiet hours delay it, and how long; nil if they drop it.
        let delayed: [Delay]
    }

    struct Delay: Hashable {
        let channel: String
        let sentAt: Instant?
    }

    let id: String
    let state: TokenHealth
    /// The token's mute: by whom, until when and why; nil if it is not muted.
    let mute: AcknowledgementReport?
    let conditions: [Condition]
    let stages: [Stage]
    let coming: [Foretold]
    let lastPollAt: Instant?
    let lastOutcome: String?
    let lastError: String?
    let nextPollAt: Instant?
    let pollReason: String
    /// Whether conditions are judged: not while the clock is in doubt.
    let isJudged: Bool
    /// The facts that the token's provider does not report, in sentences.
    let cannotSee: [String]

    init(_ json: JSONValue) throws(Failure) {
        guard let id = json.text("id"), let state = json.text("state").flatMap(TokenHealth.init),
            let conditions = json["conditions"]?.elements, let poll = json["poll"]
        else {
            throw Failure("the daemon's answer is no explanation; compare versions")
        }
        self.id = id
        self.state = state
        mute = json["muted"].flatMap(AcknowledgementReport.init)
        self.conditions = conditions.compactMap(Condition.init)
        stages = json["stages"]?.elements?.compactMap(Stage.init) ?? []
        coming = json["coming"]?.elements?.compactMap(Foretold.init) ?? []
        lastPollAt = poll.instant("last_at")
        lastOutcome = poll.text("last_outcome")
        lastError = poll.text("last_error")
        nextPollAt = poll.instant("next_at")
        pollReason = poll.text("because") ?? ""
        isJudged = poll.text("reason") != PollReason.clockDoubted.rawValue
        cannotSee = json.texts("cannot_see") ?? []
    }
}

extension ExplainReport.Condition {
    fileprivate init?(_ json: JSONValue) {
        guard let name = json.text("condition"), let rule = json.text("rule"),
            let found = json.text("found")
        else { return nil }
        self.name = name
        self.rule = rule
        self.found = found
        isAsked = json["asked"]?.bool ?? true
        severity = json.text("severity").flatMap(Severity.init)
        changesAt = json.instant("changes_at")
        alert = json["alert"].flatMap(AlertReport.init)
    }
}

extension ExplainReport.Stage {
    fileprivate init?(_ json: JSONValue) {
        guard let text = json.text("stage"), let beginsAt = json.instant("begins_at"),
            let severity = json.text("severity").flatMap(Severity.init)
        else { return nil }
        self.text = text
        self.severity = severity
        self.beginsAt = beginsAt
        isReached = json["reached"]?.bool ?? false
    }
}

extension ExplainReport.Foretold {
    init?(_ json: JSONValue) {
        guard let at = json.instant("at"), let type = json.text("type"),
            let phase = json.text("phase"), let summary = json.text("summary"),
            let severity = json.text("severity").flatMap(Severity.init)
        else { return nil }
        self.at = at
        self.type = type
        self.phase = phase
        self.severity = severity
        self.summary = summary
        channels = json.texts("channels") ?? []
        delayed =
            json["delayed"]?.elements?.compactMap { delay in
                delay.text("channel").map {
                    ExplainReport.Delay(channel: $0, sentAt: delay.instant("sent_at"))
                }
            } ?? []
    }
}
