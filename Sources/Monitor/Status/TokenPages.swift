import Alerting

/// The array of all tokens as JSON, a page at a time.
actor TokenPages {
    private let ports: StatusPorts
    private let pageSize: Int
    private var last: TokenID?
    private var hasBegun = false
    private var hasEnded = false

    init(ports: StatusPorts, pageSize: Int) {
        self.ports = ports
        self.pageSize = pageSize
    }

    /// The next piece of the array; nil after its end.
    func next() async -> [UInt8]? {
        if hasEnded { return nil }
        let page = await ports.tokens(last, pageSize)
        let now = ports.clock()
        var bytes: [UInt8] = []
        if !hasBegun { bytes.append(UInt8(ascii: "[")) }
        for (index, token) in page.enumerated() {
            if last != nil || index > 0 { bytes.append(UInt8(ascii: ",")) }
            var writer = JSONWriter(reserving: 1024)
            token.write(into: &writer, at: now)
            bytes += writer.bytes
        }
        hasBegun = true
        last = page.last?.settings.id ?? last
        if page.count < pageSize {
            hasEnded = true
            bytes += [UInt8(ascii: "]"), UInt8(ascii: "\n")]
        }
        return bytes
    }
}
