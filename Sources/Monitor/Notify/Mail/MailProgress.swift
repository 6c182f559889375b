import Alerting
import Synchronization

/// Whom mails have reached whose other recipients were refused: a repeat goes to the others only.
///
/// It is in memory: after a restart a mail that waits goes to all of its recipients again.
final class MailProgress: Sendable {
    /// So often is a mail sent for recipients who are put off while others have it: in some 20 minutes.
    static let mostAttempts = 8
    /// More events than this are not kept: the oldest go.
    private static let mostEvents = 1000

    private struct Entry {
        var reached: Set<String> = []
        var attempts = 0
    }

    private let entries = Mutex<[EventID: Entry]>([:])

    /// Those of the recipients that at least one of the events has not reached.
    func missing(_ events: [EventID], of addresses: [String]) -> [String] {
        entries.withLock { entries in
            addresses.filter { address in
                !events.allSatisfy { entries[$0]?.reached.contains(address) == true }
            }
        }
    }

    /// Notes an attempt that reached some recipients.
    ///
    /// - Returns: how many attempts that was, for the event that has had most.
    func note(_ events: [EventID], reached: [String]) -> Int {
        entries.withLock { entries in
            var attempts = 0
            for event in events {
                entries[event, default: Entry()].reached.formUnion(reached)
                entries[event, default: Entry()].attempts += 1
                attempts = max(attempts, entries[event]?.attempts ?? 0)
            }
            while entries.count > Self.mostEvents, let oldest = entries.keys.min() {
                entries[oldest] = nil
            }
            return attempts
        }
    }

    func forget(_ events: [EventID]) {
        entries.withLock { entries in
            for event in events { entries[event] = nil }
        }
    }
}
