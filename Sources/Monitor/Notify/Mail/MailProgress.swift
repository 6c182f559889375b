import Alerting
import Synchronization

/// The recipients that partly rejected mails have reached: a retry goes only to the others.
///
/// It is in memory: after a restart, a pending mail goes to all of its recipients again.
final class MailProgress: Sendable {
    /// The most attempts, in some 20 minutes, for deferred recipients after others got the mail.
    static let mostAttempts = 8
    /// The most events in memory; the oldest ones are dropped.
    private static let mostEvents = 1000

    private struct Entry {
        var reached: Set<String> = []
        var attempts = 0
    }

    private let entries = Mutex<[EventID: Entry]>([:])

    /// Returns the recipients that at least one of the events has not reached.
    func missing(_ events: [EventID], of addresses: [String]) -> [String] {
        entries.withLock { entries in
            addresses.filter { address in
                !events.allSatisfy { entries[$0]?.reached.contains(address) == true }
            }
        }
    }

    /// Notes an attempt that reached some recipients.
    ///
    /// - Returns: the number of attempts so far, for the event with the most attempts.
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
