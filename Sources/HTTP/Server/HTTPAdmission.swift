/// The server's trust in a client with places, least trusted first.
enum HTTPRank: Int, Comparable, CaseIterable {
    /// Anyone who can reach a TCP listener.
    case network
    /// A user of this machine, on the Unix socket.
    case user
    /// Root, and the user that the daemon runs as.
    case owner

    static func < (left: HTTPRank, right: HTTPRank) -> Bool { left.rawValue < right.rawValue }
}

/// A user of places: all clients of the TCP listeners together, or one user of this machine.
struct HTTPParty: Hashable {
    let rank: HTTPRank
    /// The id of a user or an owner; 0 for the network.
    let uid: UInt32

    /// - Parameters:
    ///   - peer: the peer as the kernel reports it.
    ///   - isOwner: whether a user is root or the daemon's own.
    init(_ peer: HTTPPeer, isOwner: (UInt32) -> Bool) {
        switch peer {
        case .tcp: (rank, uid) = (.network, 0)
        case .unix(let uid, _, _): (rank, self.uid) = (isOwner(uid) ? .owner : .user, uid)
        }
    }
}

/// Decides which place a new connection gets, or whose place it takes.
///
/// Nobody takes the place of a more trusted client, or fills the places kept for one. A crowd on a
/// TCP listener never costs the Unix socket a connection, and no user costs root one.
struct HTTPAdmission {
    /// One open connection, reduced to the facts about its place.
    struct Holder {
        /// The number of the connection, in the order of opening.
        let id: UInt64
        let party: HTTPParty
        /// Whether it can be ended: true unless its request is being processed.
        let yields: Bool
        /// The time at which it was opened, or bytes of an answer were last sent.
        let lastUsed: ContinuousClock.Instant
    }

    enum Decision: Equatable {
        case admitted
        /// The new connection replaces the one with this id.
        case replaces(UInt64)
        /// All of this number of places are taken.
        case full(places: Int)
    }

    let limits: HTTPLimits

    /// Returns the decision about a new connection, given the open ones.
    func decide(_ newcomer: HTTPParty, beside holders: [Holder]) -> Decision {
        let own = holders.filter { $0.party == newcomer }
        if newcomer.rank == .user, own.count >= limits.perUser {
            return replace(among: own, of: limits.perUser)
        }
        let lowlier = holders.filter { $0.party.rank <= newcomer.rank }
        for rank in HTTPRank.allCases where rank >= newcomer.rank {
            let places = places(upTo: rank)
            guard holders.count(where: { $0.party.rank <= rank }) >= places else { continue }
            return replace(among: lowlier, of: places)
        }
        return .admitted
    }

    /// Chooses the least trusted holder, and among equals the one that was served longest ago.
    private func replace(among holders: [Holder], of places: Int) -> Decision {
        let yielding = holders.filter(\.yields)
        let first = yielding.min {
            ($0.party.rank, $0.lastUsed, $0.id) < ($1.party.rank, $1.lastUsed, $1.id)
        }
        return first.map { .replaces($0.id) } ?? .full(places: places)
    }

    /// Returns the places for clients of this rank and of lower ranks together.
    private func places(upTo rank: HTTPRank) -> Int {
        switch rank {
        case .network: limits.connections - limits.keptForUnix
        case .user: limits.connections - min(limits.keptForOwner, limits.keptForUnix)
        case .owner: limits.connections
        }
    }
}
