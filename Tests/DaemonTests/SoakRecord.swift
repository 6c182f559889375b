import Formats
import Monitor
import Sandbox

/// The result of a soak: the daemon's record, and what its receivers got.
struct SoakRecord: Sendable {
    /// A request to the receiver of webhooks.
    struct Request: Sendable {
        /// The `webhook-id` header.
        var id: String
        var body: String
        var isTaken: Bool
    }

    /// The whole record, oldest first.
    var events: [Told]
    /// What came to the webhook, in the order in which it came.
    var requests: [Request]
    /// The events that lines of the log name, in the order in which they came.
    var logged: [String]

    /// All that is wrong with it; nothing where each event was told, under one id and in order.
    var problems: [String] {
        let lives = AlertLives(of: events)
        return orderOfIDs() + bodies() + lives.problems
            + deliveries(to: "the webhook", requests.filter(\.isTaken).map(\.id))
            + deliveries(to: "the log", logged)
    }

    /// Ids ascend, and none comes twice.
    private func orderOfIDs() -> [String] {
        zip(events, events.dropFirst()).filter { $0.id >= $1.id }
            .map { "the record has \($1.name) behind \($0.name)" }
    }

    /// Every request is an event of the record as it is written there: nothing is told before it
    /// is written, and nothing is told in two ways.
    private func bodies() -> [String] {
        let recorded = Dictionary(events.map { ($0.id, $0.json) }) { first, _ in first }
        var first: [String: String] = [:]
        var problems: [String] = []
        for request in requests {
            if let body = first[request.id] {
                if body != request.body {
                    problems.append("\(request.id) came again as another: \(request.body)")
                }
                continue
            }
            first[request.id] = request.body
            let body = try? JSONValue(parsing: Array(request.body.utf8))
            if body?["id"]?.string != request.id {
                problems.append("the header names \(request.id), the body \(request.body)")
            } else if recorded[request.id] == nil {
                problems.append("\(request.id) is not in the record: \(request.body)")
            } else if recorded[request.id] != body {
                problems.append("\(request.id) is recorded as another than \(request.body)")
            }
        }
        return problems
    }

    /// Every event that is to be told came at least once, and first in the order of its subject; and
    /// none that is not.
    private func deliveries(to receiver: String, _ received: [String]) -> [String] {
        var problems: [String] = []
        let places = Dictionary(received.enumerated().map { ($1, $0) }) { first, _ in first }
        let told = told
        var newest: Set<String> = []
        var latest: [String: Int] = [:]
        for event in events.reversed() {
            guard told.contains(event.id) else {
                if places[event.id] != nil {
                    problems.append("\(receiver) got \(event.name), which is not to be told")
                }
                continue
            }
            // A reminder that waits is replaced by a newer one of the same alert.
            if event.phase == "reminded", let alert = event.alertID,
                !newest.insert(alert).inserted, places[event.id] == nil
            {
                continue
            }
            guard let place = places[event.id] else {
                problems.append("\(receiver) never got \(event.name)")
                continue
            }
            if let next = latest[event.subjectKey], next < place {
                problems.append("\(receiver) got \(event.name) behind a later event")
            }
            latest[event.subjectKey] = min(place, latest[event.subjectKey] ?? place)
        }
        let known = Set(events.map(\.id))
        problems += Set(received).subtracting(known).sorted()
            .map { "\(receiver) got \($0), which is not in the record" }
        return problems
    }

    /// The events that channels are told which take everything.
    ///
    /// While a host's alert stands for those of its tokens, theirs are recorded alone; whoever was not
    /// told of an alert is not told of its end; and of changes of one kind the first five of a day are
    /// told. A soak is shorter than a day. An expiry that comes and goes is told as the worse of the two.
    private var told: Set<String> {
        let hosts = ["unreachable": "host_unreachable", "rejected": "host_rejecting"]
        var standing: Set<String> = []
        var told: Set<String> = []
        var alerts: Set<String> = []
        var changes: [String: Int] = [:]
        var expired: Set<String> = []
        for event in events {
            if event.subjectKey != event.token, hosts.values.contains(event.type) {
                if event.phase == "raised" { standing.insert(event.type) }
                if event.phase == "resolved" { standing.remove(event.type) }
            }
            if event.type == "expired" {
                if event.phase == "raised" { expired.insert(event.subjectKey) }
                if event.phase == "resolved" { expired.remove(event.subjectKey) }
            }
            guard !["first_seen", "forgotten"].contains(event.type),
                !["acknowledged", "unacknowledged"].contains(event.phase)
            else { continue }
            if event.phase == "resolved" {
                guard event.alertID.map(alerts.contains) ?? false else { continue }
            } else if let host = hosts[event.type], standing.contains(host) {
                continue
            }
            if event.type == "expiring", event.phase != "resolved",
                expired.contains(event.subjectKey)
            {
                continue
            }
            if event.phase == "changed", event.type != "rotated" {
                changes["\(event.subjectKey) \(event.type)", default: 0] += 1
                guard changes["\(event.subjectKey) \(event.type)", default: 0] <= 5 else {
                    continue
                }
            }
            told.insert(event.id)
            if let alert = event.alertID { alerts.insert(alert) }
        }
        return told
    }
}

/// The alerts of a record, each from raised to resolved.
struct AlertLives {
    /// What is not a life: raised twice, ended before it began, or under a changing id.
    private(set) var problems: [String] = []
    /// What holds at the end: conditions by their subject.
    private(set) var open: [String: Set<String>] = [:]

    /// The id of each alert that holds, by subject and condition.
    private var alerts: [String: String] = [:]

    init(of events: [Told]) {
        for event in events where event.phase != "changed" { take(event) }
        for key in alerts.keys {
            let parts = key.split(separator: " ").map(String.init)
            open[parts[0], default: []].insert(parts[1])
        }
    }

    private mutating func take(_ event: Told) {
        let key = "\(event.subjectKey) \(event.type)"
        if event.phase == "raised" {
            if alerts[key] != nil { problems.append("raised again while it holds: \(event.name)") }
            if event.alertID != event.id { problems.append("raised as another: \(event.name)") }
            alerts[key] = event.id
            // An expiry that has come takes the place of the warnings, which do not resolve.
            if event.type == "expired" { alerts["\(event.subjectKey) expiring"] = nil }
            return
        }
        // It had waited for its end, and holds again: it needs no new beginning.
        if event.type == "expired", event.phase == "reminded" {
            alerts["\(event.subjectKey) expiring"] = nil
        }
        guard let id = alerts[key] else {
            problems.append("it does not hold: \(event.name)")
            return
        }
        // Severity is not compared: it loosens without a word, and may then tighten from there.
        if event.alertID != id { problems.append("of another alert: \(event.name)") }
        if event.phase == "resolved" { alerts[key] = nil }
    }
}

extension Told {
    /// What order is kept within: the token's id, the host, or `daemon`.
    var subjectKey: String { token ?? json["host"]?.string ?? "daemon" }

    /// For a person who looks for it.
    var name: String { "\(id) (\(phase) \(type) \(subjectKey): \(summary))" }
}

extension SoakRecord.Request {
    init(_ record: HookRecord) {
        self.init(
            id: record.header("webhook-id") ?? "",
            body: record.text,
            isTaken: (200...299).contains(record.answered ?? 0)
        )
    }
}
