import Alerting
import Store

/// An array of events as JSON; each page is read when the client takes it.
actor EventPages {
    private let ports: StatusPorts
    private var query: EventQuery
    /// Events that may still come.
    private var left: Int
    /// What was read ahead.
    private var page: [StoredEventLine]
    private var hasBegun = false
    private var hasEnded = false

    /// Reads the first page.
    ///
    /// - Throws: where the record cannot be read: nothing was answered yet.
    init(ports: StatusPorts, query: EventQuery) async throws {
        var query = query
        if query.since == nil { query.since = try await ports.beforeNewest(query) }
        self.ports = ports
        self.query = query
        left = query.limit
        page = try await ports.events(query)
    }

    /// The next piece; nil after the end.
    ///
    /// A record that cannot be read ends it in the middle, so that no client takes it for the whole.
    func next() async -> [UInt8]? {
        guard !hasEnded else { return nil }
        if hasBegun {
            guard let next = try? await ports.events(query) else { return nil }
            page = next
        }
        var bytes: [UInt8] = hasBegun ? [] : [UInt8(ascii: "[")]
        for (index, line) in page.enumerated() {
            if hasBegun || index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += line.body.utf8
        }
        left -= page.count
        hasEnded = page.isEmpty || left <= 0
        if hasEnded { bytes += [UInt8(ascii: "]"), UInt8(ascii: "\n")] }
        if let last = page.last { query.since = query.since?.after(last.id) }
        query.limit = left
        hasBegun = true
        page = []
        return bytes
    }
}
