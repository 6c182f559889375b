import Alerting

/// The array of the tokens that a query lists as JSON, a page at a time.
actor TokenPages {
    private let ports: StatusPorts
    private let pageSize: Int
    private let query: TokenQuery
    private var last: TokenID?
    private var hasListed = false
    private var hasBegun = false
    private var hasEnded = false

    init(ports: StatusPorts, pageSize: Int, query: TokenQuery = TokenQuery()) {
        self.ports = ports
        self.pageSize = pageSize
        self.query = query
    }

    /// The next piece of the array; nil after its end.
    func next() async -> [UInt8]? {
        if hasEnded { return nil }
        var bytes: [UInt8] = hasBegun ? [] : [UInt8(ascii: "[")]
        hasBegun = true
        if let limit = query.nearestExpiries {
            var nearest = NearestExpiries(limit: limit)
            while let page = await nextPage() { for token in page { nearest.note(token) } }
            for token in nearest.tokens { write(token, into: &bytes) }
        } else {
            // What is sent is never empty: that would be the end.
            while bytes.count < 2, let page = await nextPage() {
                for token in page { write(token, into: &bytes) }
            }
        }
        if hasEnded { bytes += [UInt8(ascii: "]"), UInt8(ascii: "\n")] }
        return bytes
    }

    /// Those of the next tokens that are listed; nil after the last ones.
    private func nextPage() async -> [TokenSnapshot]? {
        guard !hasEnded else { return nil }
        let page = await ports.tokens(last, pageSize)
        last = page.last?.settings.id ?? last
        hasEnded = page.count < pageSize
        return page.filter(query.takes)
    }

    private func write(_ token: TokenSnapshot, into bytes: inout [UInt8]) {
        if hasListed { bytes.append(UInt8(ascii: ",")) }
        hasListed = true
        var writer = JSONWriter(reserving: 1024)
        token.write(into: &writer, at: ports.clock())
        bytes += writer.bytes
    }
}
