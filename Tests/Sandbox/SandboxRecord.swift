package import Alerting
import HTTP

/// The requests that the stand-in got.
package struct SandboxRecord: Sendable {
    /// Requests to the provider's API, with any outcome.
    package internal(set) var total = 0
    /// Those with no token, or one that nobody has.
    package internal(set) var unknown = 0
    /// Answers by their status; of cut connections none is counted.
    package internal(set) var statuses: [Int: Int] = [:]
    /// Requests whose answer is not written yet.
    package internal(set) var inFlight = 0
    /// The most there ever were.
    package internal(set) var maximumInFlight = 0
    var hooks: [String: HookLog] = [:]

    private var named: [String: Int] = [:]
    private let prefix: String
    private var numbered: [UInt32]

    init(generated: GeneratedTokens?) {
        prefix = generated?.prefix ?? ""
        numbered = Array(repeating: 0, count: (generated?.count ?? 0) + 1)
    }

    /// Requests that were answered 401.
    package var unauthorized: Int { statuses[401] ?? 0 }

    /// Requests with the secret of a token.
    package func requests(of id: String) -> Int {
        let own = named[id] ?? 0
        guard numbered.count > 1, id.hasPrefix(prefix),
            let number = Int(id.dropFirst(prefix.count)), (1..<numbered.count).contains(number)
        else { return own }
        return own + Int(numbered[number])
    }

    /// Requests of each token that made any.
    package var requests: [String: Int] {
        var all = named
        for (number, count) in numbered.enumerated() where count > 0 {
            all[prefix + String(number), default: 0] += Int(count)
        }
        return all
    }

    /// What a webhook receiver got and still remembers, oldest first.
    package func received(_ hook: String) -> [HookRecord] {
        hooks[hook].map { Array($0.records) } ?? []
    }

    mutating func count(id: String) {
        total += 1
        named[id, default: 0] += 1
    }

    mutating func count(number: Int) {
        total += 1
        numbered[number] &+= 1
    }

    mutating func countUnknown() {
        total += 1
        unknown += 1
    }

    mutating func begin() {
        inFlight += 1
        maximumInFlight = max(maximumInFlight, inFlight)
    }

    mutating func end(status: Int?) {
        inFlight -= 1
        if let status { statuses[status, default: 0] += 1 }
    }
}

/// A request that a webhook receiver got.
package struct HookRecord: Sendable {
    package let hook: String
    package let method: String
    /// In the order and the spelling they came in.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// The sandbox's time.
    package let receivedAt: Instant
    /// The status it was answered; nil when the connection was cut.
    package let answered: Int?

    /// The first header of a name, in any letter case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    package var text: String { String(decoding: body, as: UTF8.self) }
}

/// The memory of one webhook receiver.
struct HookLog: Sendable {
    /// Requests remembered; the oldest is dropped for the next.
    static let maximumRecords = 10_000
    /// Bodies remembered, in bytes: what one receiver may take of a test machine.
    static let maximumBytes = 64 * 1024 * 1024

    var fault: Fault?
    private(set) var records: ArraySlice<HookRecord> = []
    private var bytes = 0

    init(fault: Fault? = nil) {
        self.fault = fault
    }

    mutating func append(_ record: HookRecord) {
        records.append(record)
        bytes += record.body.count
        while records.count > Self.maximumRecords || bytes > Self.maximumBytes {
            bytes -= records.removeFirst().body.count
        }
    }

    mutating func clear() {
        records = []
        bytes = 0
    }
}

extension HTTPHeaders {
    /// All fields in order; a name that was sent twice is here twice.
    var all: [(name: String, value: String)] {
        lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let parts = String(decoding: line, as: UTF8.self).split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2 else { return nil }
            return (String(parts[0]), parts[1].trimmingPrefix { $0 == " " }.filter { $0 != "\r" })
        }
    }
}
