package import Alerting

/// The store at the start of a daemon.
package struct OpenStore: Sendable {
    package let store: Store
    package let state: StoredState
}

/// A remark about the state at the start, for an operator.
package enum StoreRemark: Sendable, CustomStringConvertible {
    /// The database was damaged, and is at this path now.
    case setAside(String)
    /// A file without a table existed.
    case wasEmpty(directory: String)
    /// The database looked damaged once, but is not.
    case soundAgain(StoreError)
    /// Some rows cannot be read.
    case unreadable(UnreadableRow)
    /// The number of further unreadable rows.
    case moreUnreadable(Int)

    /// Whether anything is lost.
    package var isError: Bool {
        switch self {
        case .setAside, .unreadable, .moreUnreadable: true
        case .wasEmpty, .soundAgain: false
        }
    }

    package var description: String {
        switch self {
        case .setAside(let path):
            "the state was damaged and is set aside as \(path), with all history; starting from "
                + "scratch: current alerts will be sent again"
        case .wasEmpty(let directory):
            "the state in \(directory) was empty, or its log state.db-wal was removed; starting "
                + "from scratch: there is no history, and current alerts will be sent again"
        case .soundAgain(let error):
            "the state is sound, although reading it failed once: \(error.problem)"
        case .unreadable(let row):
            "a row of the state cannot be read and is left out: \(row)"
        case .moreUnreadable(let count):
            "\(count) more rows of the state cannot be read and are left out"
        }
    }
}

extension Store {
    /// Opens the state of a directory and reads what survived.
    ///
    /// - Parameters:
    ///   - directory: the state directory, held until the store is closed.
    ///   - instance: the name of this daemon in the events.
    ///   - now: the time in the name of a damaged database that is set aside.
    ///   - say: gets the remarks, before this returns.
    /// - Returns: the store with its content.
    /// - Throws: `StoreError` if the state cannot be used now; then nothing of it is lost.
    package static func open(
        _ directory: StateDirectory,
        instance: String,
        now: Instant,
        say: @Sendable (StoreRemark) -> Void
    ) async throws -> OpenStore {
        let store = try Store(directory: directory, instance: instance, now: now)
        if let aside = store.setAside { say(.setAside(aside)) }
        if store.wasEmpty { say(.wasEmpty(directory: directory.path)) }
        do {
            return OpenStore(store: store, state: try await store.loadSound(now: now, say))
        } catch {
            await store.abandon()
            throw error
        }
    }

    private func loadSound(now: Instant, _ say: @Sendable (StoreRemark) -> Void) throws
        -> StoredState
    {
        let state: StoredState
        do {
            state = try load()
        } catch let error as StoreError {
            guard case .damaged = error else { throw error }
            let aside = try reopen(now: now)
            say(aside.map { .setAside($0) } ?? .soundAgain(error))
            state = try load()
        }
        for row in state.unreadable.rows { say(.unreadable(row)) }
        let more = state.unreadable.count - state.unreadable.rows.count
        if more > 0 { say(.moreUnreadable(more)) }
        return state
    }
}
