import Alerting
import Testing

struct PermissionTests {
    @Test(arguments: [
        (["dns:list"], "dns:list", true),
        (["dns:list"], "dns:write", false),
        (["dns:list"], "dns:*", false),
        (["dns:*"], "dns:list", true),
        (["dns:*"], "dns:*", true),
        (["dns:*"], "servers:list", false),
        (["dns:*"], "*:*", false),
        (["dns:*"], "dnsx:list", false),
        (["dns:*"], "dns", false),
        (["*:*"], "dns:list", true),
        (["*:*"], "dns:*", true),
        (["*:*"], "*:*", true),
        (["*:*"], "*:list", true),
        (["*:*"], "admin", true),
        (["*:list"], "dns:list", false),
        (["*:list"], "*:list", true),
        (["*"], "dns:list", false),
        (["admin"], "admin", true),
        (["dns:*"], "dns:zone:edit", true),
        (["DNS:*"], "dns:list", false),
        (["a:x", "b:*", "c:y"], "b:z", true),
        ([], "dns:list", false),
    ])
    func `coverage, not spelling, decides`(held: [String], asked: String, covered: Bool) {
        #expect(PermissionSet(held).covers(asked, syntax: .resourceAction) == covered)
    }

    @Test
    func `opaque words cover themselves alone`() {
        let held = PermissionSet(["*:*", "dns:*", "api"])
        #expect(held.covers("api", syntax: .opaque))
        #expect(held.covers("dns:*", syntax: .opaque))
        #expect(!held.covers("dns:list", syntax: .opaque))
        #expect(!held.covers("read_api", syntax: .opaque))
    }

    @Test
    func `a set is sorted and has each word once`() {
        #expect(PermissionSet(["b:x", "a:x", "b:x"]).words == ["a:x", "b:x"])
        #expect(PermissionSet([]).isEmpty)
    }

    @Test
    func `all actions of today do not make the wildcard`() {
        let today = PermissionSet(["dns:list", "dns:create", "dns:update", "dns:delete"])
        #expect(!today.covers("dns:*", syntax: .resourceAction))
        #expect(today.notCovered(by: PermissionSet(["dns:*"]), syntax: .resourceAction).isEmpty)
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `coverage is inclusion of what may be done, today and later`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for round in 0..<400 {
            let left = randomSet(&random)
            let right = randomSet(&random)
            let more = PermissionSet(left.words + randomSet(&random).words)
            let place = Comment(rawValue: "seed \(seed), round \(round)")
            #expect(
                left.covers(right, syntax: .resourceAction)
                    == right.power.isSubset(of: left.power),
                place
            )
            #expect(left.covers(left, syntax: .resourceAction), place)
            #expect(more.covers(left, syntax: .resourceAction), place)
            let lost = left.notCovered(by: right, syntax: .resourceAction)
            #expect(lost.isEmpty == right.covers(left, syntax: .resourceAction), place)
            #expect(
                !PermissionSet(lost).words.contains {
                    right.covers($0, syntax: .resourceAction)
                },
                place
            )
        }
    }

    @Test(
        arguments: [
            (["dns:list"], ["dns:*"], "widened", ["dns:*"], ["dns:list"]),
            (["dns:*"], ["dns:list"], "narrowed", ["dns:list"], ["dns:*"]),
            (["servers:*", "servers:list"], ["servers:*"], "rewritten", [], ["servers:list"]),
            (["servers:*"], ["servers:list", "servers:*"], "rewritten", ["servers:list"], []),
            (["a:x"], ["b:x"], "both", ["b:x"], ["a:x"]),
            ([], ["a:x"], "widened", ["a:x"], []),
            (["a:x"], [], "narrowed", [], ["a:x"]),
            (["a:*", "b:x"], ["a:x", "b:*"], "both", ["a:x", "b:*"], ["a:*", "b:x"]),
            (["a:*", "b:*"], ["*:*"], "widened", ["*:*"], ["a:*", "b:*"]),
            (["*:*", "a:x"], ["*:*", "b:y"], "rewritten", ["b:y"], ["a:x"]),
        ] as [([String], [String], String, [String], [String])]
    )
    func `a change has a direction, and words as spelled`(
        old: [String],
        new: [String],
        direction: String,
        added: [String],
        removed: [String]
    ) throws {
        let change = try #require(
            PermissionChange(
                from: PermissionSet(old),
                to: PermissionSet(new),
                syntax: .resourceAction
            )
        )
        #expect(change.direction.rawValue == direction)
        #expect(change.added == added)
        #expect(change.removed == removed)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `the direction of a change is that of its power`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for round in 0..<400 {
            let old = randomSet(&random)
            let new = randomSet(&random)
            let change = PermissionChange(from: old, to: new, syntax: .resourceAction)
            let place = Comment(rawValue: "seed \(seed), round \(round)")
            guard let change else {
                #expect(old == new, place)
                continue
            }
            let expected: PermissionChange.Direction =
                switch (old.power.isSubset(of: new.power), new.power.isSubset(of: old.power)) {
                case (true, true): .rewritten
                case (true, false): .widened
                case (false, true): .narrowed
                case (false, false): .both
                }
            #expect(change.direction == expected, place)
            #expect(Set(change.added) == Set(new.words).subtracting(old.words), place)
            #expect(Set(change.removed) == Set(old.words).subtracting(new.words), place)
        }
    }

    @Test
    func `as many words as an answer can hold are compared in no time to speak of`() {
        let words = (0..<100_000).map { "r\($0):list" }
        let set = PermissionSet(words)
        #expect(set.covers(set, syntax: .resourceAction))
        #expect(
            set.notCovered(by: PermissionSet(["r1:*"]), syntax: .resourceAction).count == 99_999
        )
    }
}

private func randomSet(_ random: inout SplitMix64) -> PermissionSet {
    let words = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        let resource = ["a", "b", "c"].randomElement(using: &random) ?? "a"
        let action = ["x", "y", "*"].randomElement(using: &random) ?? "x"
        return Int.random(in: 0..<12, using: &random) == 0 ? "*:*" : "\(resource):\(action)"
    }
    return PermissionSet(words)
}

extension PermissionSet {
    /// What may be done, with a resource and an action that no word names, for those to come.
    fileprivate var power: Set<String> {
        var power: Set<String> = []
        for resource in ["a", "b", "c", "later"] {
            for action in ["x", "y", "later"]
            where words.contains("*:*") || words.contains("\(resource):*")
                || words.contains("\(resource):\(action)")
            {
                power.insert("\(resource):\(action)")
            }
        }
        return power
    }
}
