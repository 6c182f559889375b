package import Alerting
import Synchronization

/// A row of the state with values that this program never writes; it is omitted.
package struct UnreadableRow: Hashable, Sendable, CustomStringConvertible {
    /// The description, never with the value: `tokens deploy: last_outcome is an unknown word`.
    package let description: String

    /// - Parameters:
    ///   - table: the table's name.
    ///   - name: identifies the row; it may be as damaged as the rest.
    ///   - problem: the column and its problem.
    init(_ table: String, _ name: String?, _ problem: String) {
        let name = name.map { " " + String($0.prefix(100)).escapedForTerminal } ?? ""
        description = "\(table)\(name): \(problem)"
    }
}

/// The unreadable rows that were found, each once.
package struct UnreadableRows: Hashable, Sendable {
    /// The first of the rows.
    package private(set) var rows: [UnreadableRow] = []
    /// The number of all rows.
    package private(set) var count = 0

    /// The maximum of stored rows: more names do not help to find the cause.
    static let most = 20

    package var isEmpty: Bool { count == 0 }

    /// Adds a row.
    ///
    /// - Returns: false if it is known, or too many are known.
    @discardableResult
    package mutating func add(_ row: UnreadableRow) -> Bool {
        guard !rows.contains(row) else { return false }
        count += 1
        guard rows.count < Self.most else { return false }
        rows.append(row)
        return true
    }

    /// The daemon's finding about them; nil if there are none.
    package var finding: Finding? {
        guard let first = rows.first else { return nil }
        let more = count > 1 ? " (and \(count - 1) more)" : ""
        return Finding(
            .storeFailing,
            .warning,
            "tokenwatchd: a row of the state cannot be read and is left out: \(first)\(more)",
            details: [Detail("rows", .texts(rows.map(\.description)))]
        )
    }
}

extension StoreError {
    /// The column of a damaged row and its problem.
    var problem: String {
        if case .damaged(let failure) = self { failure.message } else { description }
    }
}

/// Distinguishes new unreadable rows from known ones.
package final class UnreadableRowFilter: Sendable {
    private let known: Mutex<UnreadableRows>

    package init(_ known: UnreadableRows) {
        self.known = Mutex(known)
    }

    /// Returns all rows known now; nil if this one was known.
    package func add(_ row: UnreadableRow) -> UnreadableRows? {
        known.withLock { $0.add(row) ? $0 : nil }
    }
}
