import Alerting

extension Query {
    static let upsertChannel = Query(
        "writing a channel",
        "INSERT OR REPLACE INTO channels (name, address, told_up_to, is_told) VALUES (?, ?, ?, ?)"
    )

    static let deleteChannel = Query(
        "removing a channel",
        "DELETE FROM channels WHERE name = ?"
    )

    static let selectChannels = Query(
        "reading the channels",
        "SELECT name, address, told_up_to, is_told FROM channels"
    )
}

extension Connection {
    /// Writes the state of a channel; nil for one that left the configuration.
    func write(_ mark: ChannelMark?, of channel: String) throws {
        guard let mark else { return try run(.deleteChannel, channel) }
        switch mark.introduction {
        case .reached(let last): try run(.upsertChannel, channel, mark.address, last, false)
        case .done: try run(.upsertChannel, channel, mark.address, nil as TokenID?, true)
        }
    }

    func channelMarks() throws -> [String: ChannelMark] {
        var marks: [String: ChannelMark] = [:]
        try each(.selectChannels) { row in
            let name = try row.text()
            // A channel whose row cannot be read counts as new.
            guard let address = (try? row.secretDigest()) ?? nil else { return }
            let last = row.optionalText().flatMap { TokenID($0) }
            let isTold = row.optionalInteger() == 1
            marks[name] = ChannelMark(
                address: address,
                introduction: isTold ? .done : .reached(last)
            )
        }
        return marks
    }
}
