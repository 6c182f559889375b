/// Decides which token is polled next, within the limits; one for all tokens.
///
/// A token is a slot, 0 up to the number of tokens. It is scheduled, ready or in flight, never two
/// of them. A ready one is due, but its host or the daemon is at its limit, or the host is on hold.
package struct Schedule: Sendable {
    /// The work that a slot is due for.
    package enum Due: Hashable, Sendable {
        /// The time alone may have changed something; evaluate the slot again.
        case wake(Int)
        /// The slot may be polled now and counts as in flight until `finished`.
        case poll(Int)
    }

    private enum Stage: UInt8 {
        case scheduled
        case ready
        case inFlight
    }

    private struct Host {
        var inFlight = 0
        var heldUntil = Moment(milliseconds: .min)
        /// Slots that are due, the longest overdue first, from `head` on.
        var ready: [Int32] = []
        var head = 0
        /// Whether it is in the queue of hosts that may be polled.
        var isQueued = false

        var hasReady: Bool { head < ready.count }
    }

    private let concurrency: Int
    private let perHost: Int
    private let hostOfSlot: [Int]
    private var stage: [Stage]
    private var pollDue: [Moment]
    private var wakeDue: [Moment]
    private var heap: DueHeap
    private var hosts: [Host]
    /// Hosts that have ready slots and room, in turn; from `rowHead` on.
    private var row: [Int32] = []
    private var rowHead = 0
    /// The number of requests in flight, all hosts together.
    package private(set) var inFlight = 0
    /// The number of slots that are due and wait, all hosts together.
    package private(set) var waiting = 0

    /// Creates a schedule.
    ///
    /// `hosts[slot]` is the host of each slot, numbered from 0 without gaps; `unpolled` slots
    /// behind those have none, and are never polled.
    package init(hosts hostOfSlot: [Int], unpolled: Int = 0, concurrency: Int, perHost: Int) {
        self.concurrency = concurrency
        self.perHost = perHost
        self.hostOfSlot = hostOfSlot
        let count = hostOfSlot.count + unpolled
        stage = Array(repeating: .scheduled, count: count)
        pollDue = Array(repeating: .never, count: count)
        wakeDue = Array(repeating: .never, count: count)
        heap = DueHeap(count: count)
        hosts = Array(repeating: Host(), count: (hostOfSlot.max() ?? -1) + 1)
    }

    /// The time of a slot's next poll; nil while it is ready or in flight.
    package func nextPoll(of slot: Int) -> Moment? {
        stage[slot] == .scheduled ? pollDue[slot] : nil
    }

    /// The due time of a slot's poll, past or future; nil while it is in flight.
    package func due(of slot: Int) -> Moment? { stage[slot] == .inFlight ? nil : pollDue[slot] }

    /// Whether any slot of a host is due and waits.
    package func hasReady(host: Int) -> Bool { hosts[host].hasReady }

    /// Slots of a host that are due and wait, the longest overdue first.
    package func ready(host: Int) -> some Sequence<Int> {
        hosts[host].ready[hosts[host].head...].lazy.map(Int.init)
    }

    /// The number of requests in flight to a host.
    package func inFlight(host: Int) -> Int { hosts[host].inFlight }

    package func isInFlight(_ slot: Int) -> Bool { stage[slot] == .inFlight }

    /// The end of a host's hold; nil if there is none.
    package func heldUntil(host: Int, at now: Moment) -> Moment? {
        hosts[host].heldUntil > now ? hosts[host].heldUntil : nil
    }

    /// Plans the next poll of a slot that is not in flight; one that is ready stays ready.
    package mutating func plan(_ slot: Int, poll moment: Moment) {
        guard stage[slot] == .scheduled, slot < hostOfSlot.count else { return }
        pollDue[slot] = moment
        rekey(slot)
    }

    /// Replaces the slots that are not polled, each with its next evaluation.
    package mutating func replaceUnpolled(wakes: [Moment]) {
        let polled = hostOfSlot.count
        stage.replaceSubrange(polled..., with: repeatElement(.scheduled, count: wakes.count))
        pollDue.replaceSubrange(polled..., with: repeatElement(.never, count: wakes.count))
        wakeDue.replaceSubrange(polled..., with: wakes)
        heap = DueHeap(count: wakeDue.count)
        for slot in wakeDue.indices { rekey(slot) }
    }

    /// The next evaluation of a slot without a poll.
    package func wake(of slot: Int) -> Moment { wakeDue[slot] }

    /// Plans the next evaluation without a poll; `.never` for none.
    package mutating func plan(_ slot: Int, wake moment: Moment) {
        wakeDue[slot] = moment
        rekey(slot)
    }

    /// Records that a poll ended, and plans the next one.
    package mutating func finished(_ slot: Int, next moment: Moment) {
        guard stage[slot] == .inFlight else { return }
        stage[slot] = .scheduled
        inFlight -= 1
        let host = hostOfSlot[slot]
        hosts[host].inFlight -= 1
        enqueue(host)
        plan(slot, poll: moment)
    }

    /// Holds a host until a moment; an earlier request is never shortened.
    package mutating func hold(host: Int, until moment: Moment) {
        hosts[host].heldUntil = max(hosts[host].heldUntil, moment)
    }

    /// Returns the next thing to do at `now`, or nil; call again until nil.
    package mutating func next(at now: Moment) -> Due? {
        while let (slot, due) = heap.first, due <= now {
            if wakeDue[slot] <= now {
                plan(slot, wake: .never)
                return .wake(slot)
            }
            becomeReady(slot)
        }
        return nextPoll(at: now)
    }

    /// The time at which `next` returns something again; `.never` if that takes an answer.
    package func nextMoment(after now: Moment) -> Moment {
        var moment = heap.first?.due ?? .never
        guard inFlight < concurrency else { return moment }
        for host in row[rowHead...] {
            moment = min(moment, max(hosts[Int(host)].heldUntil, now))
        }
        return moment
    }

    private mutating func rekey(_ slot: Int) {
        let poll = stage[slot] == .scheduled ? pollDue[slot] : .never
        heap.set(slot, due: min(poll, wakeDue[slot]))
    }

    private mutating func becomeReady(_ slot: Int) {
        stage[slot] = .ready
        waiting += 1
        rekey(slot)
        let host = hostOfSlot[slot]
        hosts[host].ready.append(Int32(slot))
        enqueue(host)
    }

    private mutating func enqueue(_ host: Int) {
        guard !hosts[host].isQueued, hosts[host].hasReady, hosts[host].inFlight < perHost else {
            return
        }
        hosts[host].isQueued = true
        row.append(Int32(host))
    }

    private mutating func nextPoll(at now: Moment) -> Due? {
        guard inFlight < concurrency else { return nil }
        // One turn at most: a held host goes back to the end of the row.
        for _ in rowHead..<row.count {
            let host = Int(row[rowHead])
            rowHead += 1
            hosts[host].isQueued = false
            if hosts[host].heldUntil > now {
                enqueue(host)
                continue
            }
            let slot = takeReady(of: host)
            enqueue(host)
            compactRow()
            return .poll(slot)
        }
        compactRow()
        return nil
    }

    private mutating func takeReady(of host: Int) -> Int {
        let slot = Int(hosts[host].ready[hosts[host].head])
        hosts[host].head += 1
        // Memory is freed once half of a long row has gone.
        if hosts[host].head == hosts[host].ready.count {
            hosts[host].ready.removeAll()
            hosts[host].head = 0
        } else if hosts[host].head > 1024, hosts[host].head * 2 > hosts[host].ready.count {
            hosts[host].ready.removeFirst(hosts[host].head)
            hosts[host].head = 0
        }
        stage[slot] = .inFlight
        waiting -= 1
        hosts[host].inFlight += 1
        inFlight += 1
        return slot
    }

    private mutating func compactRow() {
        if rowHead == row.count {
            row.removeAll(keepingCapacity: true)
            rowHead = 0
        } else if rowHead > 64, rowHead * 2 > row.count {
            row.removeFirst(rowHead)
            rowHead = 0
        }
    }
}
