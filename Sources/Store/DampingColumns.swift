import Alerting

/// The columns for weighing a token's evidence.
///
/// These are doubts, moves of the expiry, alternations, and acknowledgements that may apply again.
extension Arguments {
    /// Adds unconfirmed, expiry_moves, swings and resting_acks; null for missing values.
    mutating func addDamping(of state: TokenState) {
        add(state.unconfirmed.isEmpty ? nil : Int64(state.unconfirmed.rawValue))
        add(state.expiryMoves == 0 ? nil : Int64(state.expiryMoves))
        add(state.swings.isEmpty ? nil : TextArray.write(state.swings.map(\.column)))
        let resting = state.restingAcknowledgements.flatMap(\.columns)
        add(resting.isEmpty ? nil : TextArray.write(resting))
    }
}

extension Row {
    /// Reads the columns of `Arguments.addDamping`.
    mutating func readDamping(into state: inout TokenState) throws {
        if let bits = optionalInteger() {
            state.unconfirmed = Unconfirmed(rawValue: UInt8(truncatingIfNeeded: bits))
        }
        state.expiryMoves = Int(min(max(optionalInteger() ?? 0, 0), Int64(movesOfRolling)))
        state.swings = try (optionalTexts() ?? []).map { column in
            guard let swing = Swing(column: column) else { throw damaged("is not a swing") }
            return swing
        }
        let texts = try optionalTexts() ?? []
        guard texts.count.isMultiple(of: RestingAcknowledgement.columnCount) else {
            throw damaged("does not hold whole acknowledgements")
        }
        let starts = stride(from: 0, to: texts.count, by: RestingAcknowledgement.columnCount)
        state.restingAcknowledgements = try starts.map { start in
            guard let resting = RestingAcknowledgement(columns: Array(texts[start...].prefix(6)))
            else { throw damaged("is not an acknowledgement") }
            return resting
        }
    }
}

extension Swing {
    /// The column's text: `TYPE/AT`, in milliseconds.
    fileprivate var column: String { "\(kind.name)/\(at.milliseconds)" }

    fileprivate init?(column: String) {
        guard let slash = column.utf8.firstIndex(of: UInt8(ascii: "/")),
            let milliseconds = Int64(column[column.index(after: slash)...])
        else { return nil }
        let name = String(column[..<slash])
        let kind =
            Condition(rawValue: name).map(Event.Kind.condition)
            ?? Change(rawValue: name).map(Event.Kind.change)
        guard let kind else { return nil }
        self.init(kind, at: Instant(milliseconds: milliseconds))
    }
}

extension RestingAcknowledgement {
    fileprivate static let columnCount = 6

    fileprivate var columns: [String] {
        [
            condition.rawValue, severity.rawValue, String(endedAt.milliseconds), acknowledgement.by,
            acknowledgement.reason, String(acknowledgement.until.milliseconds),
        ]
    }

    fileprivate init?(columns: [String]) {
        guard columns.count == Self.columnCount, let condition = Condition(rawValue: columns[0]),
            let severity = Severity(rawValue: columns[1]), let endedAt = Int64(columns[2]),
            let until = Int64(columns[5])
        else { return nil }
        self.init(
            condition: condition,
            severity: severity,
            endedAt: Instant(milliseconds: endedAt),
            acknowledgement: Acknowledgement(
                by: columns[3],
                reason: columns[4],
                until: Instant(milliseconds: until)
            )
        )
    }
}
