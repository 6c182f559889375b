import Testing

@testable import HTTP
@testable import Monitor

/// Who gets a connection, and whose connection it replaces.
struct HTTPAdmissionTests {
    private static let start = ContinuousClock.now

    private var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = 16
        limits.keptForUnix = 6
        limits.keptForOwner = 2
        limits.perUser = 3
        return limits
    }

    private func party(_ name: String) -> HTTPParty {
        let peer: HTTPPeer =
            UInt32(name).map { .unix(uid: $0, gid: 0, pid: 1) } ?? .tcp(address: "::1", port: 1)
        return HTTPParty(peer) { $0 == 0 || $0 == 999 }
    }

    /// Connections in the order in which they were last served.
    private func holders(_ names: [String], yield: Bool) -> [HTTPAdmission.Holder] {
        names.enumerated().map { number, name in
            HTTPAdmission.Holder(
                id: UInt64(number),
                party: party(name),
                yields: yield,
                lastUsed: Self.start.advanced(by: .seconds(number))
            )
        }
    }

    private func decide(
        _ name: String,
        beside names: [String],
        yield: Bool
    ) -> HTTPAdmission.Decision {
        HTTPAdmission(limits: limits).decide(
            party(name),
            beside: holders(names, yield: yield)
        )
    }

    private func many(_ name: String, _ count: Int) -> [String] {
        Array(repeating: name, count: count)
    }

    @Test func `root and the daemon's user are owners, others are not`() {
        #expect(party("0").rank == .owner)
        #expect(party("999").rank == .owner)
        #expect(party("1000").rank == .user)
        #expect(party("tcp").rank == .network)
        #expect(party("1000") != party("1001"))
    }

    @Test(arguments: [
        // TCP clients take all but 6 of 16.
        ("tcp", 9, HTTPAdmission.Decision.admitted), ("tcp", 10, .full(places: 10)),
        // One user takes 3, whatever is free.
        ("1000", 2, .admitted), ("1000", 3, .full(places: 3)),
        // The owner takes all of them.
        ("0", 15, .admitted), ("0", 16, .full(places: 16)),
    ])
    func `each takes no more than its share`(
        name: String,
        held: Int,
        decision: HTTPAdmission.Decision
    ) {
        #expect(decide(name, beside: many(name, held), yield: false) == decision)
    }

    @Test func `users together leave the owner's places, and TCP clients those of both`() {
        let users = (0..<4).flatMap { many("\(1000 + $0)", 3) }
        #expect(decide("2000", beside: users + ["2001"], yield: false) == .admitted)
        #expect(
            decide("2000", beside: users + many("2001", 2), yield: false) == .full(places: 14)
        )
        #expect(decide("0", beside: users + many("2001", 2), yield: false) == .admitted)
        // What users take beyond the places kept for them, TCP clients no longer have.
        let nine = users.prefix(9)
        #expect(decide("tcp", beside: many("tcp", 4) + nine, yield: false) == .admitted)
        #expect(decide("tcp", beside: many("tcp", 5) + nine, yield: false) == .full(places: 14))
    }

    @Test func `a newcomer takes the place of the one that was served longest ago`() {
        #expect(decide("tcp", beside: many("tcp", 10), yield: true) == .replaces(0))
        #expect(
            decide("1000", beside: ["tcp", "0", "1001"] + many("1000", 3), yield: true)
                == .replaces(3)
        )
        let crowd = ["0", "1000", "tcp", "1000"] + many("tcp", 12)
        #expect(decide("0", beside: crowd, yield: true) == .replaces(2))
    }

    @Test func `nobody takes the place of one that is trusted more`() {
        // The owner and the user were served longest ago, and are left in peace.
        let holders = ["0", "1000"] + many("tcp", 10)
        #expect(decide("tcp", beside: holders, yield: true) == .replaces(2))
        let users = ["0"] + (0..<7).flatMap { many("\(1000 + $0)", 2) } + ["0"]
        #expect(decide("2000", beside: users, yield: true) == .replaces(1))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `whatever crowds do, the owner has its places and none is ended for them`(seed: UInt64) {
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let admission = HTTPAdmission(limits: limits)
        var held = holders(["0"], yield: true)
        for id in UInt64(100)..<5000 {
            if next(4) == 0, held.count > 1 { held.remove(at: 1 + next(held.count - 1)) }
            let party = party(next(2) == 0 ? "tcp" : "\(1000 + next(9))")
            switch admission.decide(party, beside: held) {
            case .replaces(let other):
                held.removeAll { $0.id == other }
                fallthrough
            case .admitted:
                held.append(
                    HTTPAdmission.Holder(
                        id: id,
                        party: party,
                        yields: next(2) == 0,
                        lastUsed: Self.start.advanced(by: .milliseconds(next(100)))
                    )
                )
            case .full: break
            }
            #expect(held.first?.id == 0, "seed \(seed)")
            #expect(held.count <= 15, "seed \(seed)")
            #expect(held.count { $0.party.rank == .network } <= 10, "seed \(seed)")
        }
        #expect(admission.decide(self.party("0"), beside: held) == .admitted)
    }
}
