import Alerting
import Monitor

/// The state of the stand-in, and its next step.
struct World: Sendable {
    /// The most tokens that have a name of their own; control requests cannot fill memory.
    private static let maximumTokens = 100_000
    private static let maximumLists = 64

    private(set) var clock: SandboxClock
    private var tokens: [SandboxToken] = []
    /// Where the token of an id is.
    private var places: [String: Int] = [:]
    /// Where the token of a secret is.
    private var secrets: [String: Int] = [:]
    private var generated: GeneratedPlay?
    private var latency: Duration = .zero
    private var fault: Fault?
    /// What is still to happen, the next one last.
    private var steps: [(at: Instant, change: Scenario.Change)]
    var record: SandboxRecord
    /// By their names.
    var lists: [String: SandboxList] = [:]
    private var shownTime = ShownTime()

    init(_ scenario: Scenario, clock: SandboxClock) {
        self.clock = clock
        generated = scenario.generated.map { GeneratedPlay($0, now: clock.start) }
        record = SandboxRecord(generated: scenario.generated)
        for (name, fault) in scenario.hooks {
            record.hooks[name] = HookLog(fault: fault.begun(at: clock.start))
        }
        let inOrder = scenario.steps.enumerated().sorted {
            ($0.element.after, $0.offset) < ($1.element.after, $1.offset)
        }
        steps = inOrder.reversed().map { (clock.start + $0.element.after, $0.element.change) }
        _ = now(.now)
    }

    /// The sandbox's time, once everything has happened that is due by then.
    mutating func now(_ moment: ContinuousClock.Instant) -> Instant {
        let now = clock.time(at: moment)
        while let step = steps.last, step.at <= now {
            steps.removeLast()
            switch step.change {
            case .token(let id, let edit): _ = apply(edit, to: id, at: step.at)
            case .api(let edit): apply(edit, at: step.at)
            case .list(let name, let edit): _ = apply(edit, toList: name, at: step.at)
            }
        }
        return now
    }

    /// Sets the clock ahead of where it would be, or behind.
    mutating func setOffset(_ offset: Duration) {
        clock.offset = offset
    }

    mutating func apply(_ edit: APIEdit, at moment: Instant) {
        if let new = edit.latency { latency = new }
        if let new = edit.fault { fault = new?.begun(at: moment) }
    }

    /// Changes a token, or makes it.
    ///
    /// - Returns: why it cannot be done; nil when it is.
    mutating func apply(_ edit: TokenEdit, to id: String, at moment: Instant) -> String? {
        let place: Int
        if let known = places[id] {
            place = known
        } else if let promoted = generated?.promote(id) {
            place = insert(promoted)
        } else {
            guard let secret = edit.secret else { return "a new token needs a secret" }
            guard tokens.count < Self.maximumTokens else { return "there are too many tokens" }
            guard secrets[secret] == nil else { return "another token has this secret" }
            place = insert(SandboxToken(id: id, secret: secret, now: moment))
        }
        if let secret = edit.secret, secret != tokens[place].secret {
            guard secrets[secret] == nil else { return "another token has this secret" }
            secrets[tokens[place].secret] = nil
            secrets[secret] = place
            tokens[place].secret = secret
        }
        tokens[place].apply(edit, at: moment)
        return nil
    }

    /// Changes a list, or makes it.
    ///
    /// - Returns: why it cannot be done; nil when it is.
    mutating func apply(_ edit: ListEdit, toList name: String, at moment: Instant) -> String? {
        var list: SandboxList
        if let known = lists[name] {
            list = known
        } else {
            guard let secret = edit.secret else { return "a new list needs a secret" }
            guard lists.count < Self.maximumLists else { return "there are too many lists" }
            list = SandboxList(secret: secret)
        }
        list.apply(edit, at: moment)
        lists[name] = list
        return nil
    }

    /// The tokens in a list, in the order in which they were made.
    func rows(of list: SandboxList, at now: Instant) -> [ListedRow] {
        places.filter { $0.key.hasPrefix(list.prefix) && !list.prefix.isEmpty }
            .sorted { $0.value < $1.value }
            .compactMap { (id, place) -> ListedRow? in
                let token = tokens[place]
                let isExpired = token.isExpired(at: now)
                // Only Cloudflare shows tokens that have expired.
                guard !token.isRevoked, !isExpired || list.style == .cloudflareTokens else {
                    return nil
                }
                return ListedRow(
                    number: place + 1,
                    id: id,
                    name: token.name,
                    permissions: token.permissions,
                    created: token.created,
                    expires: token.expires,
                    lastUsed: token.lastUsed,
                    isExpired: isExpired
                )
            }
    }

    /// Forgets a token; its secret is unknown from now on.
    ///
    /// - Returns: whether there was one.
    mutating func remove(_ id: String) -> Bool {
        if places[id] == nil, let promoted = generated?.promote(id) { _ = insert(promoted) }
        guard let place = places.removeValue(forKey: id) else { return false }
        secrets[tokens[place].secret] = nil
        return true
    }

    private mutating func insert(_ token: SandboxToken) -> Int {
        // Places are never given again: a token that was removed leaves a hole.
        tokens.append(token)
        places[token.id] = tokens.count - 1
        secrets[token.secret] = tokens.count - 1
        return tokens.count - 1
    }
}

/// Answering about tokens.
extension World {
    /// What is answered to a request with a secret, or none.
    mutating func poll(secret: String?, at moment: ContinuousClock.Instant) -> SandboxAnswer {
        let now = now(moment)
        shownTime.set(now)
        let general = Fault.take(&fault, at: now)
        var answer: SandboxAnswer
        if let secret, let place = secrets[secret] {
            record.count(id: tokens[place].id)
            // A request that the whole API fails is not one of the token's own faults.
            let own = general == nil ? Fault.take(&tokens[place].fault, at: now) : nil
            answer = self.answer(ofTokenAt: place, at: now)
            answer.fault = own
        } else if let secret, let number = generated?.number(ofSecret: secret) {
            record.count(number: number)
            answer = self.answer(ofGenerated: number, at: now)
        } else {
            record.countUnknown()
            answer = .error(401)
        }
        if let general { answer.fault = general }
        answer.latency = latency + (answer.fault?.latency ?? .zero)
        answer.date = shownTime.httpDate
        return answer
    }

    private mutating func answer(ofTokenAt place: Int, at now: Instant) -> SandboxAnswer {
        let isExpired = tokens[place].isExpired(at: now)
        guard !tokens[place].isRevoked, !isExpired || tokens[place].tellsExpired else {
            return .error(401)
        }
        let stamps = tokens[place].stampsUse.stamps(tokens[place].lastUsed, at: now)
        tokens[place].lastUsed = stamps.kept
        let template: BodyTemplate
        if let ready = tokens[place].template {
            template = ready
        } else {
            template = VPSOrgPlay.template(of: tokens[place])
            tokens[place].template = template
        }
        var name = JSONWriter(reserving: 64)
        name.value(tokens[place].name)
        let body = template.filled(
            name: name.bytes,
            lastUsed: shownTime.json(stamps.shown),
            isExpired: isExpired
        )
        return SandboxAnswer(status: 200, body: body)
    }

    private mutating func answer(ofGenerated number: Int, at now: Instant) -> SandboxAnswer {
        guard var play = generated.take() else { return .error(401) }
        defer { generated = play }
        guard !play.common.isExpired(at: now) else { return .error(401) }
        let template: BodyTemplate
        if let ready = play.common.template {
            template = ready
        } else {
            template = VPSOrgPlay.template(of: play.common)
            play.common.template = template
        }
        var name = JSONWriter(reserving: 64)
        name.value(play.tokens.prefix + String(number))
        let shown = play.use(number, at: now)
        let body = template.filled(
            name: name.bytes,
            lastUsed: shownTime.json(shown),
            isExpired: false
        )
        return SandboxAnswer(status: 200, body: body)
    }
}

/// The second at hand, in the forms of answers; most of what is shown is that second.
private struct ShownTime: Sendable {
    private var seconds: Int64 = .min
    private(set) var httpDate = ""
    private var quoted: [UInt8] = []

    mutating func set(_ now: Instant) {
        guard now.seconds != seconds else { return }
        seconds = now.seconds
        httpDate = now.httpDate
        quoted = Self.quoted(now)
    }

    func json(_ instant: Instant?) -> [UInt8] {
        guard let instant else { return Array("null".utf8) }
        return instant.seconds == seconds ? quoted : Self.quoted(instant)
    }

    private static func quoted(_ instant: Instant) -> [UInt8] {
        Array("\"\(instant.rfc3339)\"".utf8)
    }
}
