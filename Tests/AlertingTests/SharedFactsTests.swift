import Testing

@testable import Alerting

/// Facts that many tokens share, and providers that never say the same twice.
@Suite struct SharedFactsTests {
    private func set(_ number: Int, words: Int) -> PermissionSet {
        PermissionSet((0..<words).map { "resource-\(number):action-\($0)" })
    }

    private func bytes(of set: PermissionSet) -> Int { set.byteCount }

    @Test func `what is alike is held once`() {
        var shared = SharedFacts()
        var first = shared.shared(Facts(permissions: set(1, words: 100)))
        let size = shared.permissionBytes
        for _ in 0..<100 { _ = shared.shared(Facts(permissions: set(1, words: 100))) }
        #expect(shared.permissionBytes == size)
        // The second copy is the one that is shared.
        let isHeldOnce = first.permissions?.isHeldOnce
        #expect(isHeldOnce == false)
    }

    @Test func `what a token has already is not looked up, and what is new is shared`() {
        var shared = SharedFacts()
        let known = Facts(account: "old", permissions: set(1, words: 100))
        let same = shared.shared(known, known: known)
        #expect(same == known)
        #expect(shared.nameCount == 0 && shared.permissionBytes == 0)
        let new = Facts(account: "new", permissions: set(2, words: 100))
        let other = shared.shared(new, known: known)
        #expect(other == new)
        #expect(shared.nameCount == 1 && shared.permissionBytes == bytes(of: set(2, words: 100)))
    }

    @Test func `an ever new list of permissions takes no more than four of them`() {
        var shared = SharedFacts()
        let size = bytes(of: set(199, words: 9900))
        var held: Facts?
        for number in 0..<200 {
            // As the watch does: the answer is shared, then it takes the place of the last.
            held = shared.shared(Facts(permissions: set(number, words: 9900)))
            #expect(shared.permissionBytes <= max(SharedFacts.bytesWithoutSweep, 4 * size))
        }
        #expect(held?.permissions == set(199, words: 9900))
    }

    @Test func `what tokens hold is kept, and is shared still`() {
        var shared = SharedFacts()
        let held = (0..<4).map { shared.shared(Facts(permissions: set($0, words: 2000))) }
        let size = held.reduce(0) { $0 + ($1.permissions?.byteCount ?? 0) }
        for number in 4..<100 {
            _ = shared.shared(Facts(permissions: set(number, words: 2000)))
            #expect(shared.permissionBytes <= 2 * size + SharedFacts.bytesWithoutSweep)
        }
        let before = shared.permissionBytes
        for number in 0..<4 {
            _ = shared.shared(Facts(permissions: set(number, words: 2000)))
        }
        // Without this an optimized build lets go of the tokens' facts before the last sets come.
        withExtendedLifetime(held) { #expect(shared.permissionBytes == before) }
    }

    @Test func `ever new accounts are let go, and tokens keep theirs`() {
        var shared = SharedFacts()
        for number in 0..<10_000 {
            let holder = AccountHolder(name: "n\(number)", company: nil)
            let facts = shared.shared(Facts(account: "a\(number)", holder: holder))
            #expect(facts.account == "a\(number)")
            #expect(facts.holder == holder)
        }
        #expect(shared.nameCount <= 2 * 4096)
    }

    @Test func `an event of ever so many permissions is small, and tells their number`() throws {
        let settings = TokenSettings.sample()
        var (old, new) = (TokenState(), TokenState())
        old.known = Facts(permissions: set(1, words: 9900))
        new.known = Facts(permissions: set(2, words: 9900))
        let drafts = changes(from: old, to: new, settings, at: Instant(seconds: 0))
        let draft = try #require(drafts.first)
        var json = JSONWriter()
        json.field("details", draft.details)
        #expect(json.bytes.count + draft.summary.utf8.count < 32 << 10)
        let counts = draft.details.filter { $0.key.hasSuffix("_count") }
        #expect(
            counts.map(\.key) == [
                "added_count", "removed_count", "gained_count", "lost_count", "permissions_count",
            ]
        )
        #expect(counts.allSatisfy { $0.value == .integer(9900) })
    }

    @Test func `a list for an event is cut at its bounds and not before`() {
        let words = (0..<200).map { "p:\($0)" }
        #expect(words.forEvent == words)
        #expect((words + ["z"]).forEvent == words)
        let long = String(repeating: "w", count: 4096)
        #expect([long, long].forEvent.count == 2)
        #expect([long, long + "w"].forEvent.count == 1)
    }
}
